import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newApiKey } from '../../src/access/api-keys/api-key-format.ts';
import { startTestGateway, superuserKey, type TestGateway } from '../support/gateway.ts';
import { ask, bearer, expectKnownErrors } from './requests.ts';

const viewer = '{ viewer { role } }';
const { secret: unknownKey } = newApiKey();
const otherEnd = unknownKey.endsWith('0') ? '1' : '0';

describe('a credential', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway('embedded');
  });
  afterAll(() => gateway.close());

  it('that is right is let in', async () => {
    const answer = await ask(gateway, viewer, bearer(superuserKey));
    expect(answer).toMatchObject({ status: 200, data: { viewer: { role: 'SUPERUSER' } } });
  });

  it('is not needed for __typename', async () => {
    expect(await ask(gateway, '{ __typename }')).toMatchObject({ status: 200, data: { __typename: 'Query' } });
  });

  it.each<[string, Record<string, string>]>([
    ['that is missing', {}],
    ['that is empty', { authorization: '' }],
    ['without a key', { authorization: 'Bearer' }],
    ['without a scheme', { authorization: superuserKey }],
    ['of two keys', { authorization: `Bearer ${superuserKey} ${superuserKey}` }],
    ['of the Basic scheme', { authorization: `Basic ${btoa(`superuser:${superuserKey}`)}` }],
    ['that is no key', bearer('secret')],
    ['of an unknown key', bearer(unknownKey)],
    ['with a wrong checksum', bearer(unknownKey.slice(0, -1) + otherEnd)],
    ['that only begins with a key', bearer(`${superuserKey}0`)],
  ])('%s is 401 and UNAUTHENTICATED', async (_name, headers) => {
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const answer = await ask(gateway, viewer, { accept, ...headers });
      expect(answer).toMatchObject({ status: 401, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      expectKnownErrors(answer);
    }
  });

  it('that is bad is 401 for __typename too', async () => {
    expect((await ask(gateway, '{ __typename }', bearer(unknownKey))).status).toBe(401);
  });

  it('is not echoed in an answer', async () => {
    const answer = await ask(gateway, viewer, bearer(unknownKey));
    expect(answer.text + JSON.stringify([...answer.headers])).not.toContain(unknownKey);
  });
});
