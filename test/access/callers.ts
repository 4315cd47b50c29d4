import type { DatabaseKind } from '../support/databases.ts';
import { startTestGateway, superuserKey, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts';
import { startTokenIssuer } from '../support/token-issuer.ts';
import { callers, type Caller } from './access-table.ts';

/** Ids of what each caller may put an end to. */
type OfCallers = Readonly<Record<string, string>>;

export interface CallingGateway extends TestGateway {
  /** Credential of each caller; null for the anonymous. */
  credentials: Readonly<Record<Caller, string | null>>;
  /** A key and an invitation of the tenant "own" for each caller, and for the tenant "elsewhere" too. */
  keyOf: OfCallers;
  invitationOf: OfCallers;
}

/** A gateway with the tenants "own" and "elsewhere" and every kind of caller. */
export async function startCallingGateway(
  kind: DatabaseKind,
  options: Pick<TestGatewayOptions, 'log' | 'folding'> = {},
): Promise<CallingGateway> {
  const issuer = await startTokenIssuer();
  let now = new Date('2026-05-01T00:00:00Z');
  const gateway = await startTestGateway(kind, {
    ...options,
    notifying: false,
    clock: () => now,
    config: { jwt: issuer.jwt },
  });

  async function ask<Data>(query: string, variables: object = {}, key: string = superuserKey): Promise<Data> {
    const { data, errors } = await gateway.send<Data, object>(query, variables, key);
    if (errors.length > 0) throw new Error(`Preparing failed: ${JSON.stringify(errors)}`);
    return data;
  }
  const createTenant = (id: string) =>
    ask('mutation ($id: ID!) { createTenant(input: { id: $id, name: "Tenant" }) { id } }', { id });
  const createKey = async (tenantId: string | null, input: object) => {
    const query = `mutation ($tenantId: ID, $input: CreateApiKeyInput!) {
      createApiKey(tenantId: $tenantId, input: $input) { apiKey { id } secret } }`;
    const variables = { tenantId, input: { name: 'Key', ...input } };
    const answer = await ask<{ createApiKey: { apiKey: { id: string }; secret: string } }>(query, variables);
    return answer.createApiKey;
  };
  const invite = async (email: string, role = 'TENANT_MEMBER') => {
    const query = `mutation ($email: String!, $role: Role!) {
      inviteUser(tenantId: "own", email: $email, role: $role) { id } }`;
    return (await ask<{ inviteUser: { id: string } }>(query, { email, role })).inviteUser.id;
  };
  const secretOf = async (input: object, tenantId: string | null = 'own') => (await createKey(tenantId, input)).secret;

  for (const id of ['own', 'elsewhere']) await createTenant(id);
  await ask(`mutation {
    createAgent(tenantId: "own", input: { id: "bot", name: "Bot", budgetLimitUsd: "1" }) { id }
    recordUsage(input: { tenantId: "own", requestId: "sent", agentId: "bot", inputTokens: 1, outputTokens: 1 }) { outcome }
    reserveUsage(input: { tenantId: "own", reservationId: "reserved" }) { id }
  }`);
  // Ids of channels are the gateway's; these are known.
  const channelIds = [...callers.map((caller) => `channel-of-${caller}`), 'channel'];
  for (const id of channelIds)
    await gateway.database.orm.em.fork().execute(`
      insert into notification_channel (tenant_id, channel_id, name, kind, url, events, enabled, secret, created_at)
      values ('own', '${id}', 'Channel', 'WEBHOOK', 'https://hooks.example.com/x', '{KEY_REVOKED}', true, 'whsec_eA==', now())`);
  await gateway.database.orm.em.fork().execute(`
    insert into notification_delivery (tenant_id, delivery_id, channel_id, event, at, place, data)
    values ('own', 'delivery', 'channel', 'KEY_REVOKED', now(), 1, '{}')`);
  const [keyOf, invitationOf]: [Record<string, string>, Record<string, string>] = [{}, {}];
  for (const caller of callers) {
    await createTenant(`tenant-of-${caller}`);
    await ask('mutation ($id: ID!) { createAgent(tenantId: "own", input: { id: $id, name: "Agent" }) { id } }', {
      id: `agent-of-${caller}`,
    });
    await ask(
      'mutation ($id: ID!) { createAgent(tenantId: "own", input: { id: $id, name: "A", budgetLimitUsd: "1" }) { id } }',
      { id: `limited-for-${caller}` },
    );
    keyOf[caller] = (await createKey('own', { role: 'TENANT_MEMBER' })).apiKey.id;
    invitationOf[caller] = await invite(`invited-by-${caller}@example.com`);
  }
  const revoked = await createKey('own', { role: 'TENANT_ADMIN' });
  await ask('mutation ($id: ID!) { revokeApiKey(id: $id) { id } }', { id: revoked.apiKey.id });
  const { startImpersonation } = await ask<{ startImpersonation: { token: string } }>(
    'mutation { startImpersonation(tenantId: "own", reason: "To see.", minutes: 60) { token } }',
  );
  await invite('admin@example.com', 'TENANT_ADMIN');
  const person = (sub: string, email: string) => issuer.sign({ sub, email, email_verified: true }, { now });
  const credentials = {
    superuser: superuserKey,
    platformViewer: await secretOf({ role: 'PLATFORM_VIEWER' }, null),
    admin: await secretOf({ role: 'TENANT_ADMIN' }),
    user: await person('user', 'admin@example.com'),
    member: await secretOf({ role: 'TENANT_MEMBER' }),
    writer: await secretOf({ scopes: ['USAGE_WRITE'] }),
    reader: await secretOf({ scopes: ['USAGE_READ'] }),
    impersonator: startImpersonation.token,
    guest: await person('guest', 'guest@example.com'),
    foreign: await secretOf({ role: 'TENANT_ADMIN' }, 'elsewhere'),
    expired: await secretOf({ role: 'TENANT_ADMIN', expiresAt: '2026-05-01T00:10:00Z' }),
    revoked: revoked.secret,
    anonymous: null,
  };
  now = new Date('2026-05-01T00:20:00Z');
  return {
    ...gateway,
    credentials,
    keyOf,
    invitationOf,
    async close() {
      await gateway.close();
      await issuer.close();
    },
  };
}
