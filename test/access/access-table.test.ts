import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeOnEachDatabase } from '../support/databases.ts';
import { accessMarkdown, accessTable, callers, type Caller } from './access-table.ts';
import { startCallingGateway, type CallingGateway } from './callers.ts';
import { documentOf, rootFieldNames } from './document-of.ts';

describe('the table of who may ask for what', () => {
  it('has every field of Query, Mutation and Subscription, once', () => {
    expect(accessTable.map(({ field }) => field).toSorted()).toEqual(rootFieldNames().toSorted());
  });

  it('is the one of the documentation', () => {
    const page = readFileSync(new URL('../../docs/access.md', import.meta.url), 'utf8');
    expect(/<!-- access table -->\n\n([^]*)\n\n<!-- end -->/.exec(page)?.[1]).toBe(accessMarkdown());
  });
});

const unknown = new Set<Caller>(['anonymous', 'expired', 'revoked']);

describeOnEachDatabase('who may ask for what', (kind) => {
  let gateway: CallingGateway;

  beforeAll(async () => {
    gateway = await startCallingGateway(kind);
  });
  afterAll(() => gateway?.close());

  for (const { field, may, args } of accessTable) {
    const send = (caller: Caller) => {
      const text = JSON.stringify(args)
        .replaceAll('CALLER', caller)
        .replaceAll('"KEY"', JSON.stringify(gateway.keyOf[caller]))
        .replaceAll('"INVITATION"', JSON.stringify(gateway.invitationOf[caller]));
      return gateway.send<object, object>(documentOf(field, args), JSON.parse(text), gateway.credentials[caller]);
    };

    it.each(may)(`${field} is open to %s`, async (caller) => {
      expect((await send(caller)).errors).toEqual([]);
    });

    it.each(callers.filter((caller) => !may.includes(caller)))(`${field} is closed to %s`, async (caller) => {
      const { status, data, errors } = await send(caller);
      const isUnknown = unknown.has(caller);
      expect(status).toBe(isUnknown ? 401 : 200);
      expect(data).toBeNull();
      expect(errors).toMatchObject([{ extensions: { code: isUnknown ? 'UNAUTHENTICATED' : 'FORBIDDEN' } }]);
    });
  }
});
