import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { startTokenIssuer, type TokenIssuer } from '../support/token-issuer.ts';
import type { CreateApiKeyInput } from './gql/graphql.ts';
import {
  CreateAgent,
  CreateApiKey,
  CreateTenant,
  InviteUser,
  Record as RecordCall,
  StartImpersonation,
  Viewer,
} from './operations.ts';

const callers = [
  'superuser',
  'admin',
  'member',
  'writer',
  'reader',
  'user',
  'guest',
  'impersonator',
  'anonymous',
  'expired',
  'foreign',
] as const;
type Caller = (typeof callers)[number];

/** Who reads the usage of the tenant "own"; "user" is an admin of it who signs in with a token. */
const readers: Caller[] = ['superuser', 'admin', 'user', 'member', 'reader', 'impersonator'];
const admins: Caller[] = ['superuser', 'admin', 'user'];
const knownCallers = callers.filter((caller) => caller !== 'anonymous' && caller !== 'expired');

/** Documents about the tenant "own", and who may send them; everybody else is turned away. */
const operations: [name: string, document: string, allowed: Caller[]][] = [
  ['viewer', '{ viewer { role } }', knownCallers],
  ['usage', '{ usage(tenantId: "own") { totals { totalCalls } } }', readers],
  ['calls', '{ calls(tenantId: "own") { edges { cursor } } }', readers],
  ['tenant', '{ tenant(id: "own") { name } }', readers],
  ['agent', '{ agent(id: "bot", tenantId: "own") { name } }', readers],
  ['allUsage', '{ allUsage { total { totalCalls } } }', ['superuser']],
  ['tenants', '{ tenants { edges { cursor } } }', ['superuser']],
  ['createTenant', 'mutation { createTenant(input: { id: "new", name: "New" }) { id } }', ['superuser']],
  ['updateTenant', 'mutation { updateTenant(id: "own", input: { name: "Own" }) { id } }', ['superuser']],
  ['deleteTenant', 'mutation { deleteTenant(id: "leaving") }', ['superuser']],
  [
    'recordUsage',
    'mutation { recordUsage(input: { tenantId: "own", inputTokens: 1, outputTokens: 1 }) { outcome } }',
    [...admins, 'writer'],
  ],
  ['voidUsage', 'mutation { voidUsage(tenantId: "own", requestId: "sent", reason: "x") { requestId } }', admins],
  ['modelPrices', '{ modelPrices(tenantId: "own") { edges { cursor } } }', readers],
  [
    'estimateCost',
    '{ estimateCost(tenantId: "own", provider: "p", model: "m", inputTokens: 1, outputTokens: 1) { costUsd } }',
    [...readers, 'writer'],
  ],
  [
    'setModelPrice',
    'mutation { setModelPrice(tenantId: "own", input: { provider: "p", model: "CALLER", inputUsdPerMillion: "1", outputUsdPerMillion: "1" }) { id } }',
    admins,
  ],
  ['createAgent', 'mutation { createAgent(tenantId: "own", input: { id: "CALLER", name: "Agent" }) { id } }', admins],
  ['updateAgent', 'mutation { updateAgent(tenantId: "own", id: "bot", input: { name: "CALLER" }) { id } }', admins],
  ['deleteAgent', 'mutation { deleteAgent(tenantId: "own", id: "of CALLER") }', admins],
  ['budgetAlerts', '{ budgetAlerts(tenantId: "own") { status } }', readers],
  ['apiKeys', '{ apiKeys(tenantId: "own") { id } }', [...admins, 'impersonator']],
  ['rotateApiKey', 'mutation { rotateApiKey(id: "ROTATED") { apiKey { id } } }', admins],
  ['revokeApiKey', 'mutation { revokeApiKey(id: "REVOKED") { id } }', admins],
  ['auditEvents', '{ auditEvents(tenantId: "own") { edges { cursor } } }', [...admins, 'impersonator']],
  [
    'createApiKey',
    'mutation { createApiKey(tenantId: "own", input: { name: "Key", role: TENANT_MEMBER }) { apiKey { id } } }',
    admins,
  ],
  [
    "a superuser's key",
    'mutation { createApiKey(input: { name: "Key", role: SUPERUSER }) { apiKey { id } } }',
    ['superuser'],
  ],
  ['users', '{ users(tenantId: "own") { edges { cursor } } }', [...admins, 'impersonator']],
  [
    'users of all tenants, or the own one',
    '{ users(tenantId: null) { edges { node { tenant { id } } } } }',
    [...admins, 'impersonator', 'foreign'],
  ],
  [
    'tenantUsers',
    '{ tenantUsers(tenantId: "own") { users { edges { cursor } } pendingInvitations { email } } }',
    [...admins, 'impersonator'],
  ],
  [
    'inviteUser',
    'mutation { inviteUser(tenantId: "own", email: "CALLER@example.com", role: TENANT_MEMBER) { id } }',
    admins,
  ],
  [
    'inviteUser as a superuser',
    'mutation { inviteUser(email: "CALLER@example.com", role: SUPERUSER) { id } }',
    ['superuser'],
  ],
  ['revokeInvitation', 'mutation { revokeInvitation(id: "INVITATION") { status } }', admins],
  ['startImpersonation', 'mutation { startImpersonation(tenantId: "own", reason: "x") { id } }', ['superuser']],
  [
    'usage through what was recorded',
    'mutation { recordUsage(input: { tenantId: "own", inputTokens: 1, outputTokens: 1 }) { event { tenant { agents { edges { node { usage { totalCalls } } } } } } } }',
    admins,
  ],
];

describeOnEachDatabase('access', (kind) => {
  let gateway: TestGateway;
  let issuer: TokenIssuer;
  let invitation: string;
  const keys: Record<string, string | null | undefined> = { anonymous: null, superuser: undefined };
  /** What stands for the id of a key of "own". */
  const ids = { ROTATED: '', REVOKED: '' };

  const createKey = async (tenantId: string, input: Partial<CreateApiKeyInput>) =>
    (await gateway.ask(CreateApiKey, { tenantId, input: { name: 'Key', ...input } })).createApiKey;

  beforeAll(async () => {
    let now = new Date('2026-05-01T00:00:00Z');
    issuer = await startTokenIssuer();
    gateway = await startTestGateway(kind, { clock: () => now, config: { jwt: issuer.jwt } });
    for (const id of ['own', 'elsewhere', 'leaving']) await gateway.ask(CreateTenant, { input: { id, name: id } });
    for (const id of ['bot', 'of superuser', 'of admin', 'of user'])
      await gateway.ask(CreateAgent, { tenantId: 'own', input: { id, name: 'Bot' } });
    await gateway.ask(RecordCall, {
      input: { tenantId: 'own', requestId: 'sent', inputTokens: 1, outputTokens: 1 },
    });
    keys['admin'] = (await createKey('own', { role: 'TENANT_ADMIN' })).secret;
    keys['member'] = (await createKey('own', { role: 'TENANT_MEMBER' })).secret;
    keys['writer'] = (await createKey('own', { scopes: ['USAGE_WRITE'] })).secret;
    keys['reader'] = (await createKey('own', { scopes: ['USAGE_READ'] })).secret;
    keys['foreign'] = (await createKey('elsewhere', { role: 'TENANT_ADMIN' })).secret;
    keys['expired'] = (await createKey('own', { role: 'TENANT_ADMIN', expiresAt: '2026-05-01T01:00:00Z' })).secret;
    for (const name of ['ROTATED', 'REVOKED'] as const)
      ids[name] = (await createKey('own', { role: 'TENANT_MEMBER' })).apiKey.id;
    now = new Date('2026-05-02T00:00:00Z');
    const email = 'ada@example.com';
    await gateway.ask(InviteUser, { tenantId: 'own', email, role: 'TENANT_ADMIN' });
    keys['user'] = await issuer.sign({ sub: 'ada', email, email_verified: true }, { now });
    keys['guest'] = await issuer.sign({ sub: 'eve' }, { now });
    const impersonation = await gateway.ask(StartImpersonation, { tenantId: 'own', reason: 'A question' });
    keys['impersonator'] = impersonation.startImpersonation.token;
    const { inviteUser } = await gateway.ask(InviteUser, {
      tenantId: 'own',
      email: 'b@example.com',
      role: 'TENANT_MEMBER',
    });
    invitation = inviteUser.id;
  });
  afterAll(async () => {
    await gateway.close();
    await issuer.close();
  });

  for (const [name, document, allowed] of operations) {
    const send = (caller: Caller) => {
      const named = document.replace('CALLER', caller).replace('INVITATION', invitation);
      return gateway.send(named.replace('ROTATED', ids.ROTATED).replace('REVOKED', ids.REVOKED), {}, keys[caller]);
    };

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
    for (const caller of ['superuser', 'admin', 'member', 'writer', 'reader', 'user', 'guest'])
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
