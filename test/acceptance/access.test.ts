import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEachDatabase } from '../support/databases.ts';
import { callers, type Caller } from '../access/access-table.ts';
import { startCallingGateway, type CallingGateway } from '../access/callers.ts';
import type { CreateApiKeyInput } from './gql/graphql.ts';
import { CreateApiKey, Record as RecordCall, Viewer } from './operations.ts';

/** What depends on more than the field: documents, and who may send them; everybody else is turned away. */
const operations: [name: string, document: string, allowed: Caller[]][] = [
  [
    "a superuser's key",
    'mutation { createApiKey(input: { name: "Key", role: SUPERUSER }) { apiKey { id } } }',
    ['superuser'],
  ],
  [
    "a platform viewer's key",
    'mutation { createApiKey(input: { name: "Key", role: PLATFORM_VIEWER }) { apiKey { id } } }',
    ['superuser'],
  ],
  [
    'users of all tenants, or the own one',
    '{ users(tenantId: null) { edges { node { tenant { id } } } } }',
    ['superuser', 'platformViewer', 'admin', 'user', 'impersonator', 'foreign'],
  ],
  [
    'inviteUser as a superuser',
    'mutation { inviteUser(email: "CALLER@example.com", role: SUPERUSER) { id } }',
    ['superuser'],
  ],
  [
    'inviteUser as a platform viewer',
    'mutation { inviteUser(email: "viewer-CALLER@example.com", role: PLATFORM_VIEWER) { id } }',
    ['superuser'],
  ],
  [
    'usage through what was recorded',
    'mutation { recordUsage(input: { tenantId: "own", inputTokens: 1, outputTokens: 1 }) { event { tenant { agents { edges { node { usage { totalCalls } } } } } } } }',
    ['superuser', 'admin', 'user'],
  ],
];

describeOnEachDatabase('access', (kind) => {
  let gateway: CallingGateway;
  let keys: CallingGateway['credentials'];

  const createKey = async (tenantId: string, input: Partial<CreateApiKeyInput>) =>
    (await gateway.ask(CreateApiKey, { tenantId, input: { name: 'Key', ...input } })).createApiKey;

  beforeAll(async () => {
    gateway = await startCallingGateway(kind);
    keys = gateway.credentials;
  });
  afterAll(() => gateway?.close());

  for (const [name, document, allowed] of operations) {
    const send = (caller: Caller) => gateway.send(document.replace('CALLER', caller), {}, keys[caller]);

    it.each(allowed)(`${name} is open to %s`, async (caller) => {
      expect((await send(caller)).errors).toEqual([]);
    });

    it.each(callers.filter((caller) => !allowed.includes(caller)))(`${name} is closed to %s`, async (caller) => {
      const { status, data, errors } = await send(caller);
      const unknown = caller === 'anonymous' || caller === 'expired' || caller === 'revoked';
      expect(status).toBe(unknown ? 401 : 200);
      expect(data).toBeNull();
      expect(errors).toMatchObject([{ extensions: { code: unknown ? 'UNAUTHENTICATED' : 'FORBIDDEN' } }]);
    });
  }

  it.each([
    '{ usage(tenantId: "ID") { totals { totalCalls } } }',
    '{ tenant(id: "ID") { name } }',
    '{ agent(id: "bot", tenantId: "ID") { name } }',
    '{ calls(tenantId: "ID") { edges { cursor } } }',
    '{ modelPrices(tenantId: "ID") { edges { cursor } } }',
    '{ estimateCost(tenantId: "ID", provider: "p", model: "m", inputTokens: 1, outputTokens: 1) { costUsd } }',
    'mutation { voidUsage(tenantId: "ID", requestId: "a", reason: "x") { requestId } }',
    'mutation { setModelPrice(tenantId: "ID", input: { provider: "p", model: "m", inputUsdPerMillion: "1", outputUsdPerMillion: "1" }) { id } }',
    'mutation { recordUsage(input: { tenantId: "ID", inputTokens: 1, outputTokens: 1 }) { outcome } }',
    'mutation { createAgent(tenantId: "ID", input: { id: "a", name: "A" }) { id } }',
    'mutation { createApiKey(tenantId: "ID", input: { name: "K", role: TENANT_ADMIN }) { secret } }',
    '{ users(tenantId: "ID") { edges { cursor } } }',
    '{ tenantUsers(tenantId: "ID") { pendingInvitations { id } } }',
    'mutation { inviteUser(tenantId: "ID", email: "a@example.com", role: TENANT_MEMBER) { id } }',
    'mutation { updateAgent(tenantId: "ID", id: "bot", input: { name: "A" }) { id } }',
    'mutation { deleteAgent(tenantId: "ID", id: "bot") }',
    '{ budgetAlerts(tenantId: "ID") { status } }',
    '{ apiKeys(tenantId: "ID") { id } }',
    '{ auditEvents(tenantId: "ID") { edges { cursor } } }',
    'mutation { updateTenant(id: "ID", input: { name: "A" }) { id } }',
    'mutation { deleteTenant(id: "ID") }',
  ])('tells nobody whether another tenant exists: %s', async (document) => {
    const about = (id: string) => gateway.send(document.replace('ID', id), {}, keys['admin']);
    const [there, notThere] = [await about('elsewhere'), await about('nowhere')];
    expect(there.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    expect(notThere.errors).toEqual(there.errors);
  });

  it.each([
    '{ usage { totals { totalCalls } } }',
    '{ agent(id: "bot") { name } }',
    '{ calls { edges { cursor } } }',
    'mutation { recordUsage(input: { inputTokens: 1, outputTokens: 1 }) { outcome } }',
    'mutation { createAgent(input: { id: "a", name: "A" }) { id } }',
    'mutation { createApiKey(input: { name: "K", role: TENANT_ADMIN }) { secret } }',
    '{ tenantUsers { pendingInvitations { id } } }',
    'mutation { inviteUser(email: "a@example.com", role: TENANT_MEMBER) { id } }',
    'mutation { updateAgent(id: "bot", input: { name: "A" }) { id } }',
    'mutation { deleteAgent(id: "bot") }',
    '{ budgetAlerts { status } }',
  ])('asks superusers for the tenant: %s', async (document) => {
    const { errors } = await gateway.send(document);
    expect(errors).toMatchObject([{ extensions: { code: 'VALIDATION_ERROR', field: 'tenantId' } }]);
  });

  it('needs no tenant from anybody else', async () => {
    const { recordUsage } = await gateway.ask(
      RecordCall,
      { input: { inputTokens: 1, outputTokens: 1 } },
      keys['writer'],
    );
    expect(recordUsage.event.tenant.id).toBe('own');
    const { errors } = await gateway.send('{ usage { totals { totalCalls } } }', {}, keys['reader']);
    expect(errors).toEqual([]);
  });

  it('tells each caller who it is', async () => {
    const viewers = [];
    for (const caller of ['superuser', 'admin', 'member', 'writer', 'reader', 'user', 'guest'] as const)
      viewers.push((await gateway.ask(Viewer, {}, keys[caller])).viewer);
    const own = { tenant: { id: 'own' }, subject: expect.stringMatching(/^key:[0-9a-f]{18}$/), impersonation: null };
    const nowhere = { tenant: null, impersonation: null };
    const user = expect.stringMatching(/^user:[0-9a-f-]{36}$/);
    expect(viewers).toEqual([
      { role: 'SUPERUSER', subject: 'key:environment', ...nowhere, scopes: ['usage:read', 'usage:write'] },
      { role: 'TENANT_ADMIN', ...own, scopes: ['usage:read', 'usage:write'] },
      { role: 'TENANT_MEMBER', ...own, scopes: ['usage:read'] },
      { role: 'TENANT_MEMBER', ...own, scopes: ['usage:write'] },
      { role: 'TENANT_MEMBER', ...own, scopes: ['usage:read'] },
      { role: 'TENANT_ADMIN', ...own, subject: user, scopes: ['usage:read', 'usage:write'] },
      { role: 'TENANT_MEMBER', ...nowhere, subject: user, scopes: [] },
    ]);
  });

  it('shows a key once, and stores only its hash', async () => {
    const { secret, apiKey } = await createKey('own', { scopes: ['USAGE_READ', 'USAGE_READ'] });
    expect(secret).toMatch(/^ugk_[0-9a-f]{18}_[A-Za-z0-9_-]{43}[0-9a-f]{8}$/);
    expect(secret.startsWith(`${apiKey.prefix}_`)).toBe(true);
    expect(apiKey).toMatchObject({
      role: null,
      scopes: ['USAGE_READ'],
      expiresAt: null,
      revokedAt: null,
      lastUsedAt: null,
    });
    const rows = await gateway.database.orm.em.fork().execute('select row_to_json(api_key)::text as row from api_key');
    expect(JSON.stringify(rows)).toContain(apiKey.id);
    expect(JSON.stringify(rows)).not.toContain(secret.slice(-40));
  });

  it.each([
    ['neither role nor scopes', {}],
    ['both role and scopes', { role: 'TENANT_ADMIN' as const, scopes: ['USAGE_READ' as const] }],
    ['no scopes', { scopes: [] }],
    ['an expiry in the past', { role: 'TENANT_ADMIN' as const, expiresAt: '2026-05-01T00:00:00Z' }],
    ['a superuser of a tenant', { role: 'SUPERUSER' as const }],
    ['a platform viewer of a tenant', { role: 'PLATFORM_VIEWER' as const }],
    ['an empty name', { role: 'TENANT_ADMIN' as const, name: '' }],
  ])('refuses a key with %s', async (_what, input) => {
    const { errors } = await gateway.send(CreateApiKey, { tenantId: 'own', input: { name: 'Key', ...input } });
    expect(errors).toMatchObject([{ extensions: { code: 'VALIDATION_ERROR' } }]);
  });

  it('refuses a tenant, an agent and a tenant of an agent that exist, or do not', async () => {
    const codes = [];
    for (const document of [
      'mutation { createTenant(input: { id: "own", name: "Again" }) { id } }',
      'mutation { createTenant(input: { id: "", name: "Nameless" }) { id } }',
      'mutation { createTenant(input: { id: "zone", name: "Zone", timezone: "Nowhere/City" }) { id } }',
      'mutation { createAgent(tenantId: "own", input: { id: "bot", name: "Again" }) { id } }',
      'mutation { createAgent(tenantId: "own", input: { id: "poor", name: "Poor", budgetLimitUsd: "-1" }) { id } }',
      'mutation { createAgent(tenantId: "nowhere", input: { id: "bot", name: "Bot" }) { id } }',
      '{ agent(tenantId: "own", id: "nobody") { id } }',
    ]) {
      const { errors } = await gateway.send(document);
      codes.push([errors[0]?.extensions.code, errors[0]?.extensions.field]);
    }
    expect(codes).toEqual([
      ['VALIDATION_ERROR', 'id'],
      ['VALIDATION_ERROR', 'id'],
      ['VALIDATION_ERROR', 'timezone'],
      ['VALIDATION_ERROR', 'id'],
      ['VALIDATION_ERROR', 'budgetLimitUsd'],
      ['NOT_FOUND', undefined],
      ['NOT_FOUND', 'id'],
    ]);
  });
});
