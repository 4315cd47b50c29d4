import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OpenStreams } from '../../src/admission/open-streams.ts';
import { loadConfig } from '../../src/settings/config.ts';
import { tenantId } from '../../src/values/identifier.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { subscribe, type Subscription } from '../support/subscription.ts';

const { liveLimits } = loadConfig({});
const query = 'subscription ($tenantId: ID) { budgetEvents(tenantId: $tenantId) { id } }';

describe('limits of open subscriptions', () => {
  let gateway: TestGateway;
  const keys: Record<string, string> = {};
  beforeAll(async () => {
    gateway = await startTestGateway('embedded', {
      folding: false,
      config: { liveLimits: { ...liveLimits, streams: 4, streamsEachTenant: 3, streamsEachKey: 2 } },
    });
    for (const id of ['acme', 'globex']) {
      await gateway.send(`mutation { createTenant(input: { id: "${id}", name: "Tenant" }) { id } }`);
      for (const key of ['one', 'two']) {
        const { data } = await gateway.send<{ createApiKey: { secret: string } }, object>(
          `mutation { createApiKey(tenantId: "${id}", input: { name: "Key", scopes: [USAGE_READ] }) { secret } }`,
        );
        keys[`${key} of ${id}`] = data.createApiKey.secret;
      }
    }
  });
  afterAll(() => gateway?.close());

  it('are those of the key, the tenant and the gateway, and count what is open', async () => {
    const open = async (of: string) => {
      const stream = await subscribe(gateway, query, { key: keys[of] ?? null });
      if (stream.status === 200) return stream;
      const [first] = await stream.rest();
      return [stream.status, first?.errors?.[0]?.extensions.code, first?.errors?.[0]?.message.split(' has ')[0]];
    };
    const opened: Subscription<unknown>[] = [];
    const opens = async (of: string) => {
      const stream = await open(of);
      if (Array.isArray(stream)) throw new Error(`It was refused: ${stream.join(' ')}`);
      opened.push(stream);
    };
    for (const of of ['one of acme', 'one of acme']) await opens(of);
    expect(await open('one of acme')).toEqual([429, 'RATE_LIMITED', expect.stringMatching(/^'key:/)]);
    await opens('two of acme');
    expect(await open('two of acme')).toEqual([429, 'RATE_LIMITED', "Tenant 'acme'"]);
    await opens('one of globex');
    expect((await open('two of globex')) as unknown[]).toEqual([503, 'OVERLOADED', expect.anything()]);
    // A refused subscription is open nowhere.
    const bad = await subscribe(gateway, 'subscription { budgetEvents(tenantId: "globex") { id } }', {
      key: keys['two of acme'] ?? null,
    });
    expect((await bad.rest()).flatMap(({ errors = [] }) => errors)).toHaveLength(1);
    opened.shift()?.close();
    await expect
      .poll(async () => {
        const stream = await open('two of globex');
        if (!Array.isArray(stream)) opened.push(stream);
        return Array.isArray(stream);
      })
      .toBe(false);
    for (const stream of opened) stream.close();
  });

  it('let go what has ended', () => {
    const streams = new OpenStreams({ ...liveLimits, streams: 1 });
    const principal = { kind: 'service', subject: 'key:1', tenantId: tenantId('acme'), scopes: [] } as const;
    for (let times = 0; times < 3; times++) {
      const leave = streams.open(principal);
      expect(() => streams.open(principal)).toThrow('as many as it takes');
      leave();
    }
  });
});
