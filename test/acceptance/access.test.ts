import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { graphql } from './gql/gql.ts';
import type { CreateApiKeyInput } from './gql/graphql.ts';
import { CreateAgent, CreateApiKey, CreateTenant, Record as RecordCall } from './operations.ts';

const Viewer = graphql(`
  query Viewer {
    viewer {
      role
      subject
      scopes
      tenant {
        id
      }
    }
  }
`);

type Caller = 'superuser' | 'admin' | 'member' | 'writer' | 'reader' | 'anonymous' | 'expired' | 'foreign';
const callers: Caller[] = ['superuser', 'admin', 'member', 'writer', 'reader', 'anonymous', 'expired', 'foreign'];

/** Documents about the tenant "own", and who may send them; everybody else is turned away. */
const operations: [name: string, document: string, allowed: Caller[]][] = [
  ['viewer', '{ viewer { role } }', ['superuser', 'admin', 'member', 'writer', 'reader', 'foreign']],
  ['usage', '{ usage(tenantId: "own") { totals { totalCalls } } }', ['superuser', 'admin', 'member', 'reader']],
  ['calls', '{ calls(tenantId: "own") { edges { cursor } } }', ['superuser', 'admin', 'member', 'reader']],
  ['tenant', '{ tenant(id: "own") { name } }', ['superuser', 'admin', 'member', 'reader']],
  ['agent', '{ agent(id: "bot", tenantId: "own") { name } }', ['superuser', 'admin', 'member', 'reader']],
  ['allUsage', '{ allUsage { total { totalCalls } } }', ['superuser']],
  ['tenants', '{ tenants { edges { cursor } } }', ['superuser']],
  ['createTenant', 'mutation { createTenant(input: { id: "new", name: "New" }) { id } }', ['superuser']],
  [
    'recordUsage',
    'mutation { recordUsage(input: { tenantId: "own", inputTokens: 1, outputTokens: 1 }) { outcome } }',
    ['superuser', 'admin', 'writer'],
  ],
  [
    'voidUsage',
    'mutation { voidUsage(tenantId: "own", requestId: "sent", reason: "x") { requestId } }',
    ['superuser', 'admin'],
  ],
  ['modelPrices', '{ modelPrices(tenantId: "own") { edges { cursor } } }', ['superuser', 'admin', 'member', 'reader']],
  [
    'estimateCost',
    '{ estimateCost(tenantId: "own", provider: "p", model: "m", inputTokens: 1, outputTokens: 1) { costUsd } }',
    ['superuser', 'admin', 'member', 'writer', 'reader'],
  ],
  [
    'setModelPrice',
    'mutation { setModelPrice(tenantId: "own", input: { provider: "p", model: "CALLER", inputUsdPerMillion: "1", outputUsdPerMillion: "1" }) { id } }',
    ['superuser', 'admin'],
  ],
  [
    'createAgent',
    'mutation { createAgent(tenantId: "own", input: { id: "CALLER", name: "Agent" }) { id } }',
    ['superuser', 'admin'],
  ],
  [
    'createApiKey',
    'mutation { createApiKey(tenantId: "own", input: { name: "Key", role: TENANT_MEMBER }) { apiKey { id } } }',
    ['superuser', 'admin'],
  ],
  [
    "a superuser's key",
    'mutation { createApiKey(input: { name: "Key", role: SUPERUSER }) { apiKey { id } } }',
    ['superuser'],
  ],
  [
    'usage through what was recorded',
    'mutation { recordUsage(input: { tenantId: "own", inputTokens: 1, outputTokens: 1 }) { event { tenant { agents { edges { node { usage { totalCalls } } } } } } } }',
    ['superuser', 'admin'],
  ],
];

describeOnEachDatabase('access', (kind) => {
  let gateway: TestGateway;
  const keys: Record<string, string | null | undefined> = { anonymous: null, superuser: undefined };

  const createKey = async (tenantId: string, input: Partial<CreateApiKeyInput>) =>
    (await gateway.ask(CreateApiKey, { tenantId, input: { name: 'Key', ...input } })).createApiKey;

  beforeAll(async () => {
    let now = new Date('2026-05-01T00:00:00Z');
    gateway = await startTestGateway(kind, { clock: () => now });
    for (const id of ['own', 'elsewhere']) await gateway.ask(CreateTenant, { input: { id, name: id } });
    await gateway.ask(CreateAgent, { tenantId: 'own', input: { id: 'bot', name: 'Bot' } });
    await gateway.ask(RecordCall, {
      input: { tenantId: 'own', requestId: 'sent', inputTokens: 1, outputTokens: 1 },
    });
    keys['admin'] = (await createKey('own', { role: 'TENANT_ADMIN' })).secret;
    keys['member'] = (await createKey('own', { role: 'TENANT_MEMBER' })).secret;
    keys['writer'] = (await createKey('own', { scopes: ['USAGE_WRITE'] })).secret;
    keys['reader'] = (await createKey('own', { scopes: ['USAGE_READ'] })).secret;
    keys['foreign'] = (await createKey('elsewhere', { role: 'TENANT_ADMIN' })).secret;
    keys['expired'] = (await createKey('own', { role: 'TENANT_ADMIN', expiresAt: '2026-05-01T01:00:00Z' })).secret;
    now = new Date('2026-05-02T00:00:00Z');
  });
  afterAll(() => gateway.close());

  for (const [name, document, allowed] of operations) {
    const send = (caller: Caller) => gateway.send(document.replace('CALLER', caller), {}, keys[caller]);

    it.each(allowed)(`${name} is open to %s`, async (caller) => {
      expect((await send(caller)).errors).toEqual([]);
    });

    it.each(callers.filter((caller) => !allowed.includes(caller)))(`${name} is closed to %s`, async (caller) => {
      const { status, data, errors } = await send(caller);
      const unknown = caller === 'anonymous' || caller === 'expired';
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
    for (const caller of ['superuser', 'admin', 'member', 'writer', 'reader'])
      viewers.push((await gateway.ask(Viewer, {}, keys[caller])).viewer);
    const own = { tenant: { id: 'own' }, subject: expect.stringMatching(/^key:[0-9a-f]{18}$/) };
    expect(viewers).toEqual([
      { role: 'SUPERUSER', subject: 'key:environment', tenant: null, scopes: ['usage:read', 'usage:write'] },
      { role: 'TENANT_ADMIN', ...own, scopes: ['usage:read', 'usage:write'] },
      { role: 'TENANT_MEMBER', ...own, scopes: ['usage:read'] },
      { role: 'TENANT_MEMBER', ...own, scopes: ['usage:write'] },
      { role: 'TENANT_MEMBER', ...own, scopes: ['usage:read'] },
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
