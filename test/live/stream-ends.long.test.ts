import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadConfig } from '../../src/settings/config.ts';
import { asOwner } from '../support/as-owner.ts';
import { auditRows } from '../support/audit-rows.ts';
import { createTestDatabase, describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { subscribe, type Subscription } from '../support/subscription.ts';
import { startTokenIssuer, type TokenIssuer } from '../support/token-issuer.ts';
import { readMetric } from '../telemetry/read-metrics.ts';

interface Updates {
  usageUpdates: { totals: { totalCalls: number } };
}

const { requestLimits } = loadConfig({});
const query =
  'subscription Follow($tenantId: ID) { usageUpdates(tenantId: $tenantId, everyMs: 250) { totals { totalCalls } } }';
const events = 'subscription ($tenantId: ID) { budgetEvents(tenantId: $tenantId) { id } }';

describeOnEachDatabase('a subscription', (kind) => {
  let gateway: TestGateway;
  /** Where things are ended: another gateway where that takes two. */
  let other: TestGateway;
  let issuer: TokenIssuer;
  let now: Date;
  let tenant: string;
  let tenants = 0;
  const open: Subscription<Updates>[] = [];

  beforeAll(async () => {
    issuer = await startTokenIssuer();
    now = new Date();
    const database = await createTestDatabase(kind);
    const metrics = { host: '127.0.0.1', port: 0, key: undefined };
    const options = { clock: () => now, folding: false, config: { jwt: issuer.jwt, metrics } };
    gateway = await startTestGateway(kind, { ...options, database });
    other =
      kind === 'embedded'
        ? gateway
        : await startTestGateway(kind, {
            ...options,
            database: { config: database.config, drop: async () => undefined },
          });
  });
  afterAll(async () => {
    if (other !== gateway) await other.close();
    await gateway.close();
    await issuer.close();
  });
  beforeEach(async () => {
    tenant = `tenant-${++tenants}`;
    await ask(`mutation { createTenant(input: { id: "${tenant}", name: "Tenant" }) { id } }`);
  });
  afterEach(() => {
    for (const stream of open.splice(0)) stream.close();
  });

  async function ask<Data>(document: string, key?: string, through = other): Promise<Data> {
    const { data, errors } = await through.send<Data, object>(document, {}, key);
    expect(errors).toEqual([]);
    return data;
  }
  async function createKey(input: string): Promise<{ id: string; secret: string }> {
    const { createApiKey } = await ask<{ createApiKey: { apiKey: { id: string }; secret: string } }>(
      `mutation { createApiKey(tenantId: "${tenant}", input: { name: "Key", ${input} }) { apiKey { id } secret } }`,
    );
    return { id: createApiKey.apiKey.id, secret: createApiKey.secret };
  }
  async function follow(key?: string): Promise<Subscription<Updates>> {
    const stream = await subscribe<Updates>(gateway, query, {
      variables: { tenantId: tenant },
      ...(key === undefined ? {} : { key }),
    });
    open.push(stream);
    expect((await stream.data()).usageUpdates.totals.totalCalls).toBe(0);
    return stream;
  }
  /** Codes of the errors that a stream ends with, at most as much later as is promised. */
  async function endOf(stream: Subscription<Updates>): Promise<string[]> {
    const late = AbortSignal.timeout(5_000);
    const tooLate = new Promise<never>((_resolve, reject) =>
      late.addEventListener('abort', () => reject(new Error('It goes on after five seconds.'))),
    );
    const rest = await Promise.race([stream.rest(), tooLate]);
    return rest.flatMap(({ errors = [] }) => errors.map(({ extensions }) => extensions.code));
  }

  it('ends within five seconds when its key is revoked, and those with other keys go on', async () => {
    const [revoked, kept] = [await createKey('role: TENANT_MEMBER'), await createKey('role: TENANT_MEMBER')];
    const [ending, going] = [await follow(revoked.secret), await follow(kept.secret)];
    await ask(`mutation { revokeApiKey(id: "${revoked.id}") { id } }`);
    expect(await endOf(ending)).toEqual(['UNAUTHENTICATED']);
    await ask(
      `mutation { recordUsage(input: { tenantId: "${tenant}", inputTokens: 1, outputTokens: 1 }) { outcome } }`,
    );
    expect((await going.data()).usageUpdates.totals.totalCalls).toBe(1);
  });

  it('ends when its key expires', async () => {
    const { secret } = await createKey(`role: TENANT_MEMBER, expiresAt: "${new Date(+now + 60_000).toISOString()}"`);
    const stream = await follow(secret);
    now = new Date(+now + 60_000);
    expect(await endOf(stream)).toEqual(['UNAUTHENTICATED']);
  });

  it('ends when its tenant is deleted, for superusers too', async () => {
    const { secret } = await createKey('scopes: [USAGE_READ]');
    const [own, superusers] = [await follow(secret), await follow()];
    const ofEvents = await subscribe<Updates>(gateway, events, { variables: { tenantId: tenant } });
    await ask(`mutation { deleteTenant(id: "${tenant}") }`);
    expect(['UNAUTHENTICATED', 'NOT_FOUND']).toContain((await endOf(own))[0]);
    expect(await endOf(superusers)).toEqual(['NOT_FOUND']);
    expect(await endOf(ofEvents)).toEqual(['NOT_FOUND']);
  });

  it('ends when its user is removed from the tenant or gets another role', async () => {
    await ask(
      `mutation { inviteUser(tenantId: "${tenant}", email: "${tenant}@example.com", role: TENANT_MEMBER) { id } }`,
    );
    const token = await issuer.sign(
      { sub: tenant, email: `${tenant}@example.com`, email_verified: true },
      { now: new Date(now) },
    );
    const first = await follow(token);
    const { orm } = gateway.database;
    await asOwner(orm, `update portal_user set role = 'TENANT_ADMIN' where tenant_id = ?`, [tenant]);
    expect(await endOf(first)).toEqual(['FORBIDDEN']);
    const second = await follow(token);
    await asOwner(orm, 'update portal_user set role = null, tenant_id = null where tenant_id = ?', [tenant]);
    expect(await endOf(second)).toEqual(['FORBIDDEN']);
  });

  it('under an impersonation is in the audit log when it is opened and when it ends, which it does with that', async () => {
    const { startImpersonation } = await ask<{ startImpersonation: { token: string; id: string } }>(
      `mutation { startImpersonation(tenantId: "${tenant}", reason: "To see.", minutes: 60) { id token } }`,
    );
    const { id, token } = startImpersonation;
    const left = await follow(token);
    const details = { kind: 'subscription', name: 'Follow', fields: ['usageUpdates'] };
    const row = (action: string) => expect.objectContaining({ action, subject: `tenant:${tenant}`, details });
    const [opened, ended] = [row('impersonation.operation'), row('impersonation.stream_end')];
    const rows = async () => (await auditRows(gateway, id)).filter(({ details: { kind } }) => kind === 'subscription');
    expect(await rows()).toEqual([opened]);
    left.close();
    await vi.waitFor(async () => expect(await rows()).toEqual([opened, ended]), { timeout: 5_000 });
    const stopped = await follow(token);
    await ask('mutation { stopImpersonation }', token);
    expect(await endOf(stopped)).toEqual(['UNAUTHENTICATED']);
    await vi.waitFor(async () => expect(await rows()).toEqual([opened, ended, opened, ended]), { timeout: 5_000 });
  });

  it('is counted as open until its reader has left', async () => {
    const openNow = () => readMetric(gateway, 'live_streams');
    await vi.waitFor(async () => expect(await openNow()).toBe(0), { timeout: 5_000 });
    const stream = await follow();
    expect(await openNow()).toBe(1);
    expect(await readMetric(gateway, 'live_answers_total', { field: 'usageUpdates', outcome: 'made' })).toBeGreaterThan(
      0,
    );
    stream.close();
    await vi.waitFor(async () => expect(await openNow()).toBe(0), { timeout: 5_000 });
  });
});

describe('a gateway with subscriptions', () => {
  const start = (config: Parameters<typeof startTestGateway>[1] = {}) =>
    startTestGateway('embedded', { folding: false, ...config });
  const create = (gateway: TestGateway) =>
    gateway.send('mutation { createTenant(input: { id: "acme", name: "Acme" }) { id } }');
  const follow = (gateway: TestGateway) => subscribe<Updates>(gateway, query, { variables: { tenantId: 'acme' } });

  it('says that they are complete when it closes, and does not wait for them', async () => {
    const gateway = await start();
    await create(gateway);
    const streams = await Promise.all([
      follow(gateway),
      subscribe<Updates>(gateway, events, { variables: { tenantId: 'acme' } }),
    ]);
    await streams[0].data();
    await gateway.close();
    expect(await Promise.all(streams.map((stream) => stream.rest()))).toEqual([[], []]);
  });

  it('lets them go on beyond the time that a request may take, and answers others meanwhile', async () => {
    const turns = { atOnce: 2, atOnceEach: 1, waitingEach: 8, waitMs: 60_000 };
    const gateway = await start({ config: { requestLimits: { ...requestLimits, turns, maxMs: 1_000 } } });
    try {
      await create(gateway);
      const streams = await Promise.all(Array.from({ length: 5 }, () => follow(gateway)));
      for (const stream of streams) await stream.data();
      const begunMs = performance.now();
      let calls = 0;
      while (performance.now() - begunMs < 2_000) {
        const { errors } = await gateway.send(
          'mutation { recordUsage(input: { tenantId: "acme", inputTokens: 1, outputTokens: 1 }) { outcome } }',
        );
        expect(errors).toEqual([]);
        calls++;
      }
      for (const stream of streams) {
        let seen = 0;
        while (seen < calls) seen = (await stream.data()).usageUpdates.totals.totalCalls;
        expect(seen).toBe(calls);
        stream.close();
      }
    } finally {
      await gateway.close();
    }
  });
});
