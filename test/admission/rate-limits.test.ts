import { describe, expect, it, onTestFinished } from 'vitest';
import type { RateLimitConfig } from '../../src/settings/rate-limits.ts';
import { RateLimits } from '../../src/admission/rate-limits.ts';
import { platformPrincipal, type Principal } from '../../src/caller/principal.ts';
import { tenantId } from '../../src/values/identifier.ts';
import { CreateApiKey, CreateTenant, RecordBatch, Totals, UpdateTenant } from '../acceptance/operations.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway } from '../support/gateway.ts';

const none = { callsPerSecond: undefined, requestsPerSecond: undefined };
const config = (given: Partial<RateLimitConfig>): RateLimitConfig => ({
  key: none,
  tenant: none,
  anonymousRequestsPerSecond: undefined,
  failedSignInsPerSecond: undefined,
  ...given,
});
const service = (subject: string, tenant = 'acme') =>
  ({ kind: 'service', subject, tenantId: tenantId(tenant), scopes: ['usage:write'] }) satisfies Principal;
const times = (count: number, act: () => void) => {
  for (let index = 0; index < count; index++) act();
};

describe('rate limits', () => {
  it('are of each key, and say when the request would pass', () => {
    let now = 0;
    const limits = new RateLimits(config({ key: { ...none, requestsPerSecond: 0.5 } }), () => now);
    times(5, () => limits.countRequest(service('key:a')));
    expect(() => limits.countRequest(service('key:a'))).toThrow(
      expect.objectContaining({ code: 'RATE_LIMITED', retryAfterSeconds: 2 }),
    );
    limits.countRequest(service('key:b'));
    now = 2000;
    limits.countRequest(service('key:a'));
  });

  it('are of a tenant by all its keys, and not of another one', () => {
    const limits = new RateLimits(config({ tenant: { ...none, requestsPerSecond: 1 } }), () => 0);
    times(5, () => limits.countRequest(service('key:a')));
    times(5, () => limits.countRequest(service('key:b')));
    expect(() => limits.countRequest(service('key:c'))).toThrow("Tenant 'acme' may send 1 requests a second");
    limits.countRequest(service('key:d', 'globex'));
  });

  it('count nothing that is refused', () => {
    const limits = new RateLimits(
      config({ key: { ...none, callsPerSecond: 100 }, tenant: { ...none, callsPerSecond: 150 } }),
      () => 0,
    );
    limits.countCalls(service('key:a'), 1000);
    expect(() => limits.countCalls(service('key:b'), 600)).toThrow("Tenant 'acme'");
    limits.countCalls(service('key:b'), 500);
  });

  it('always let a full batch pass a full bucket', () => {
    const limits = new RateLimits(config({ key: { ...none, callsPerSecond: 1 } }), () => 0);
    limits.countCalls(service('key:a'), 1000);
    expect(() => limits.countCalls(service('key:a'), 1)).toThrow(expect.objectContaining({ retryAfterSeconds: 1 }));
  });

  it('of a key or tenant go before the settings, each number by itself', () => {
    const limits = new RateLimits(config({ key: { callsPerSecond: 1, requestsPerSecond: 1 } }), () => 0);
    const limited = {
      ...service('key:a'),
      rateLimit: { callsPerSecond: null, requestsPerSecond: 0.2 },
      tenantRateLimit: { callsPerSecond: 200, requestsPerSecond: null },
    };
    times(2, () => limits.countRequest(limited));
    expect(() => limits.countRequest(limited)).toThrow("'key:a' may send 0.2 requests a second");
    limits.countCalls(limited, 1000);
    expect(() => limits.countCalls(limited, 1)).toThrow("'key:a' may send 1 calls a second");
    limits.countCalls({ ...limited, subject: 'key:b' }, 1000);
    const third = { ...limited, subject: 'key:c' };
    expect(() => limits.countCalls(third, 1)).toThrow("Tenant 'acme' may send 200 calls a second");
  });

  it('that change hold from the next request on, and give no new burst', () => {
    let now = 0;
    const limits = new RateLimits(config({}), () => now);
    const at = (requestsPerSecond: number | null): Principal => ({
      ...service('key:a'),
      tenantRateLimit: { callsPerSecond: null, requestsPerSecond },
    });
    times(10, () => limits.countRequest(at(1)));
    expect(() => limits.countRequest(at(100))).toThrow(expect.objectContaining({ retryAfterSeconds: 1 }));
    now = 10;
    limits.countRequest(at(100));
    expect(() => limits.countRequest(at(100))).toThrow('may send 100 requests');
    limits.countRequest(at(null));
  });

  it('of a role for all tenants are those of the key', () => {
    const limits = new RateLimits(config({}), () => 0);
    const rateLimit = { callsPerSecond: null, requestsPerSecond: 0.1 };
    for (const role of ['SUPERUSER', 'PLATFORM_VIEWER'] as const) {
      const principal = platformPrincipal(role, `key:${role}`, rateLimit);
      limits.countRequest(principal);
      expect(() => limits.countRequest(principal)).toThrow(`'key:${role}' may send 0.1 requests a second`);
    }
  });

  it('are shared by callers without a credential, and none for superusers', () => {
    const limits = new RateLimits(config({ anonymousRequestsPerSecond: 0.1 }), () => 0);
    limits.countRequest({ kind: 'anonymous' });
    expect(() => limits.countRequest({ kind: 'anonymous' })).toThrow('without a credential');
    times(100, () => limits.countRequest({ kind: 'superuser', subject: 'key:environment' }));
  });
});

describeOnEachDatabase('a gateway with rate limits', (kind) => {
  const start = async (rateLimits: RateLimitConfig) => {
    const gateway = await startTestGateway(kind, { config: { rateLimits } });
    onTestFinished(() => gateway.close());
    await gateway.ask(CreateTenant, { input: { id: 'acme', name: 'Acme' } });
    const { createApiKey } = await gateway.ask(CreateApiKey, {
      tenantId: 'acme',
      input: { name: 'Key', role: 'TENANT_ADMIN' },
    });
    return { gateway, key: createApiKey.secret };
  };
  const call = { inputTokens: 1, outputTokens: 1 };

  it('refuses a document with too many calls as a whole, with 429 and Retry-After', async () => {
    const { gateway, key } = await start(config({ tenant: { ...none, callsPerSecond: 0.01 } }));
    await gateway.ask(RecordBatch, { inputs: Array.from({ length: 998 }, () => call) }, key);
    const three = `mutation { a: recordUsage(input: { inputTokens: 1, outputTokens: 1 }) { outcome } ...More }
      fragment More on Mutation {
        recordUsageBatch(inputs: [{ inputTokens: 1, outputTokens: 1 }, { inputTokens: 1, outputTokens: 1 }]) { recorded }
      }`;
    const refused = await gateway.send(three, undefined, key);
    expect(refused).toMatchObject({ status: 429, data: null, errors: [{ extensions: { code: 'RATE_LIMITED' } }] });
    expect(refused.errors).toHaveLength(1);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
    await gateway.ask(RecordBatch, { inputs: [call, call] }, key);
    const { usage } = await gateway.ask(Totals, { tenantId: 'acme' });
    expect(usage.totals.totalCalls).toBe(1000);
  });

  it('keeps to the limit of a key', async () => {
    const { gateway } = await start(config({}));
    const keyOf = async (input: object, tenantId: string | null) => {
      const rateLimit = { requestsPerSecond: 0.01 };
      const created = await gateway.ask(CreateApiKey, { tenantId, input: { name: 'Slow', rateLimit, ...input } });
      return created.createApiKey.secret;
    };
    const secrets = [
      await keyOf({ scopes: ['USAGE_WRITE'] }, 'acme'),
      await keyOf({ role: 'TENANT_ADMIN' }, 'acme'),
      await keyOf({ role: 'PLATFORM_VIEWER' }, null),
      await keyOf({ role: 'SUPERUSER' }, null),
    ];
    for (const secret of secrets) {
      expect((await gateway.send('{ __typename }', undefined, secret)).status).toBe(200);
      expect((await gateway.send('{ __typename }', undefined, secret)).status).toBe(429);
    }
  });

  it('keeps to a changed limit of a tenant within a few seconds, for a key that it knows', async () => {
    const { gateway, key } = await start(config({}));
    const status = async () => (await gateway.send('{ __typename }', undefined, key)).status;
    const change = (requestsPerSecond: number | null) =>
      gateway.ask(UpdateTenant, { id: 'acme', input: { rateLimit: { requestsPerSecond } } });
    expect(await status()).toBe(200);
    await change(0.01);
    await expect.poll(status, { timeout: 5_000, interval: 100 }).toBe(429);
    await change(null);
    await expect.poll(status, { timeout: 5_000, interval: 100 }).toBe(200);
  });

  it('refuses requests beyond their limit, and superusers never', async () => {
    const { gateway, key } = await start(config({ key: { ...none, requestsPerSecond: 0.01 } }));
    expect((await gateway.send('{ __typename }', undefined, key)).status).toBe(200);
    const refused = await gateway.send('{ __typename }', undefined, key);
    expect(refused).toMatchObject({ status: 429, errors: [{ extensions: { code: 'RATE_LIMITED' } }] });
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect((await gateway.send('{ __typename }')).status).toBe(200);
  });
});
