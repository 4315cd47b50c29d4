import { afterEach, expect, it } from 'vitest';
import { createEmptyTestDatabase, describeOnEachDatabase } from '../support/databases.ts';
import { asOwner } from '../support/as-owner.ts';
import { startTestGateway, superuserKey, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts';
import { keepLog } from './kept-log.ts';

const call = (requestId: string) => `{ tenantId: "acme", requestId: "${requestId}", inputTokens: 1, outputTokens: 1 }`;
const record = (...ids: string[]) => `mutation { recordUsageBatch(inputs: [${ids.map(call).join()}]) { recorded } }`;

describeOnEachDatabase('the log of requests', (kind) => {
  let gateway: TestGateway | undefined;
  afterEach(() => gateway?.close());

  const start = async (config: TestGatewayOptions['config']) => {
    const kept = keepLog();
    gateway = await startTestGateway(kind, { config, log: kept.log, folding: false });
    return { gateway, kept };
  };

  it('has a line for each: what was asked for, by whom, and what became of it', async () => {
    const { gateway, kept } = await start({ requestLogSample: 1 });
    await gateway.send(record('1', '2'));
    const { data } = await gateway.send<{ createApiKey: { secret: string } }, object>(
      'mutation { createApiKey(tenantId: "acme", input: { name: "K", role: TENANT_MEMBER }) { secret } }',
    );
    const key = data.createApiKey.secret;
    await gateway.send('query Mine { usage { totals { totalCalls } } viewer { role } }', {}, key);
    await gateway.send('{ tenants(first: 1) { edges { cursor } } }', {}, key);
    await gateway.send('{ viewer { role } }', {}, 'wrong');
    await gateway.send('{', {}, null);
    await (await fetch(`${gateway.url}/health/live`)).text();
    expect(kept.requests()).toMatchObject([
      { kind: 'mutation', fields: ['recordUsageBatch'], caller: 'superuser', code: 'OK', status: 200 },
      { kind: 'mutation', fields: ['createApiKey'], caller: 'superuser', code: 'OK' },
      { kind: 'query', fields: ['usage', 'viewer'], caller: 'member', tenantId: 'acme', code: 'OK' },
      { kind: 'query', fields: ['tenants'], caller: 'member', tenantId: 'acme', code: 'FORBIDDEN' },
      { kind: 'none', fields: [], caller: 'unknown', code: 'UNAUTHENTICATED', status: 401 },
      { kind: 'none', fields: [], caller: 'anonymous', code: 'VALIDATION_ERROR' },
    ]);
    const [recorded, , usage] = kept.requests();
    expect(recorded?.rows).toBe(2);
    expect(usage?.rows).toBeGreaterThan(0);
    expect(usage?.ms).toBeGreaterThan(0);
  });

  it('has only failures and slow requests where it is not sampled', async () => {
    const { gateway, kept } = await start({ requestLogSample: 0, slowRequestMs: 3_600_000 });
    await gateway.send('{ viewer { role } }');
    await gateway.send('{ viewer { role } }', {}, 'wrong');
    expect(kept.requests()).toEqual([]);
    await asOwner(gateway.database.orm, 'drop table model_price cascade');
    const { errors } = await gateway.send('{ modelPrices { edges { cursor } } }');
    expect(errors[0]?.extensions.code).toBe('INTERNAL_SERVER_ERROR');
    expect(kept.requests()).toMatchObject([{ fields: ['modelPrices'], code: 'INTERNAL_SERVER_ERROR' }]);
    await gateway.close();
    const slow = await start({ requestLogSample: 0, slowRequestMs: 0 });
    await slow.gateway.send('{ viewer { role } }');
    expect(slow.kept.requests()).toMatchObject([{ fields: ['viewer'], code: 'OK' }]);
  });

  it('has the id that the answer and a masked error have', async () => {
    const { gateway, kept } = await start({ requestLogSample: 1 });
    await asOwner(gateway.database.orm, 'drop table model_price cascade');
    const send = (id?: string) =>
      fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${superuserKey}`,
          ...(id === undefined ? {} : { 'x-request-id': id }),
        },
        body: '{"query":"{ modelPrices { edges { cursor } } }"}',
      });
    const own = await send();
    const id = own.headers.get('x-request-id') ?? '';
    expect(id).toMatch(/^[\da-f-]{36}$/);
    expect((await own.json()).errors[0].extensions.requestId).toBe(id);
    expect(
      kept
        .text()
        .split('\n')
        .filter((line) => line.includes(id)),
    ).toHaveLength(2);
    // Taken over when it is a UUID, and nothing else, which could be a secret or a forged line.
    const given = '6f1c1ab2-29b5-4f1e-8b77-0c5f2d1d9a10';
    expect((await send(given)).headers.get('x-request-id')).toBe(given);
    expect((await send(superuserKey)).headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
    expect(kept.text()).not.toContain(superuserKey);
  });
});

/** Planted in every place where a caller can write something. */
const planted = (place: string) => `planted_${place}_7f3a9c`;

describeOnEachDatabase('secrets and values', (kind) => {
  it('are in no line of the log and in no metric, wherever they are sent', async () => {
    const kept = keepLog();
    const metrics = { host: '127.0.0.1', port: 0, key: undefined };
    const database = await createEmptyTestDatabase(kind);
    const gateway = await startTestGateway(kind, {
      config: { requestLogSample: 1, metrics },
      log: kept.log,
      database,
    });
    try {
      const { data } = await gateway.send<{ createApiKey: { secret: string } }, object>(
        'mutation { createApiKey(input: { name: "K", role: SUPERUSER }) { secret } }',
      );
      const secret = data.createApiKey.secret;
      const documents = [
        `mutation ${planted('operation')} ($input: RecordUsageInput!) { ${planted('alias')}: recordUsage(input: $input) { outcome } }`,
        `mutation ${planted('operation')} ($input: RecordUsageInput!) { recordUsage(input: $input) { ${planted('field')} } }`,
        `{ calls(tenantId: "acme", filters: { userId: ["${planted('literal')}"] }) { edges { cursor } } } # ${planted('comment')}`,
        `{ ${planted('root')} }`,
        `{ ${planted('broken')}`,
        `{ tenant(id: "${secret}") { name } viewer { role } }`,
        `query { calls(tenantId: "acme", after: "${planted('cursor')}") { edges { cursor } } }`,
      ];
      const input = {
        tenantId: 'acme',
        requestId: planted('id'),
        provider: planted('provider'),
        model: planted('model'),
        userId: planted('user'),
        metadata: { [planted('key')]: planted('value') },
        inputTokens: 1,
        outputTokens: 1,
      };
      for (const query of documents)
        for (const credential of [secret, `${secret}x`, planted('credential'), undefined])
          for (const variables of [
            { input },
            { input: { ...input, inputTokens: planted('number') } },
            planted('all'),
          ]) {
            const response = await fetch(`${gateway.url}/graphql?${planted('query')}=${planted('parameter')}`, {
              method: 'POST',
              headers: {
                'content-type': 'application/json',
                cookie: planted('cookie'),
                'user-agent': planted('agent'),
                'x-request-id': planted('header'),
                traceparent: planted('trace'),
                origin: `https://${planted('origin')}.example`,
                ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
              },
              body: JSON.stringify({
                query,
                variables,
                operationName: null,
                extensions: { [planted('more')]: secret },
              }),
            });
            await response.text();
          }
      await (await fetch(`${gateway.url}/${planted('path')}`)).text();
      await (await fetch(`${gateway.url}/graphql`, { method: 'POST', body: planted('form') })).text();
      expect(kept.requests().length).toBeGreaterThan(documents.length * 12);
      const shown = `${kept.text()}\n${await (await fetch(`${gateway.metricsUrl}/metrics`)).text()}`;
      expect(shown.match(/planted_\w+/g)).toBeNull();
      expect(shown).not.toContain(secret.slice(-30));
    } finally {
      await gateway.close();
    }
  });
});
