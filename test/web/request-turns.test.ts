import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Principal } from '../../src/caller/principal.ts';
import { listen, type HttpServer } from '../../src/server.ts';
import { tenantId } from '../../src/values/identifier.ts';
import { RequestTurns } from '../../src/web/request-turns.ts';

const acme: Principal = { kind: 'service', subject: 'key:1', tenantId: tenantId('acme'), scopes: [] };

describe('turns of requests', () => {
  let server: HttpServer;
  let handled = 0;
  let goOn: () => void;
  beforeAll(async () => {
    const turns = new RequestTurns({ atOnce: 1, atOnceEach: 1, waitingEach: 2, waitMs: 60_000 });
    const { promise: held, resolve } = Promise.withResolvers<void>();
    goOn = resolve;
    const handler = turns.guard(async (request, response) => {
      handled++;
      const { authorization } = request.headers;
      if (authorization === undefined) return response.end('page');
      const leave = await turns.enter(acme, authorization);
      response.once('close', leave);
      await held;
      response.end('done');
      return undefined;
    });
    server = await listen((request, response) => void handler(request, response), '127.0.0.1', 0);
  });
  afterAll(() => server.close());

  const ask = (authorization?: string) => fetch(server.url, authorization ? { headers: { authorization } } : {});

  it('refuse what comes with a credential whose tenant has enough waiting, before anything is done for it', async () => {
    const asked = [ask('Bearer a'), ask('Bearer a'), ask('Bearer a')];
    await vi.waitFor(() => expect(handled).toBe(3));
    const refused = await ask('Bearer a');
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toEqual({
      errors: [
        {
          message: '2 of your requests wait already. Send fewer at the same time.',
          extensions: { code: 'OVERLOADED' },
        },
      ],
    });
    expect(handled).toBe(3);
    expect(await (await ask()).text()).toBe('page');
    goOn();
    for (const answer of asked) expect(await (await answer).text()).toBe('done');
    expect(await (await ask('Bearer a')).text()).toBe('done');
  });
});
