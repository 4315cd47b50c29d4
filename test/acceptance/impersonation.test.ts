import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { schema } from '../../src/schema.ts';
import { documentFor } from '../support/any-arguments.ts';
import { auditRows } from '../support/audit-rows.ts';
import { createTestDatabase, describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, superuserKey, type TestGateway } from '../support/gateway.ts';
import { startTokenIssuer, type TokenIssuer } from '../support/token-issuer.ts';
import {
  CreateAgent,
  CreateApiKey,
  CreateTenant,
  InviteUser,
  Record as RecordCall,
  StartImpersonation,
  StopImpersonation,
  Viewer,
} from './operations.ts';
import { asOwner } from '../support/as-owner.ts';

const mutations = Object.values(schema.getMutationType()?.getFields() ?? {}).filter(
  ({ name }) => name !== 'stopImpersonation',
);

describeOnEachDatabase('impersonation', (kind) => {
  let gateway: TestGateway;
  /** A second instance on the same database, where that takes two. */
  let other: TestGateway;
  let issuer: TokenIssuer;
  /** Superusers: one with a key, one who signs in. */
  let keyed: string;
  let person: string;
  let adminKey: string;
  const logged: string[] = [];
  let now = new Date('2026-05-01T00:00:00Z');
  const clock = () => now;

  beforeAll(async () => {
    const stream = new Writable({
      write(line, _encoding, done) {
        logged.push(String(line));
        done();
      },
    });
    issuer = await startTokenIssuer();
    const options = { clock, config: { jwt: issuer.jwt }, log: pino({ level: 'trace' }, stream) };
    const database = await createTestDatabase(kind);
    gateway = await startTestGateway(kind, { ...options, database });
    other =
      kind === 'embedded'
        ? gateway
        : await startTestGateway(kind, { ...options, database: { ...database, drop: async () => undefined } });
    for (const id of ['acme', 'globex']) {
      await gateway.ask(CreateTenant, { input: { id, name: id } });
      await gateway.ask(CreateAgent, { tenantId: id, input: { id: `bot of ${id}`, name: 'Bot' } });
      await gateway.ask(RecordCall, { input: { tenantId: id, requestId: 'one', inputTokens: 1, outputTokens: 1 } });
    }
    const key = { name: 'Superuser', role: 'SUPERUSER' as const };
    keyed = (await gateway.ask(CreateApiKey, { input: key })).createApiKey.secret;
    const admin = { name: 'Admin', role: 'TENANT_ADMIN' as const };
    adminKey = (await gateway.ask(CreateApiKey, { tenantId: 'acme', input: admin })).createApiKey.secret;
    const email = 'root@example.com';
    await gateway.ask(InviteUser, { email, role: 'SUPERUSER' });
    person = await issuer.sign({ sub: 'root', email, email_verified: true, exp: 4_000_000_000 }, { now });
  });
  afterAll(async () => {
    if (other !== gateway) await other.close();
    await gateway.close();
    await issuer.close();
  });

  const start = async (credential?: string, tenantId = 'acme', minutes = 30) => {
    const variables = { tenantId, reason: 'Ticket 7', minutes };
    const { startImpersonation } = await gateway.ask(StartImpersonation, variables, credential);
    const { token, ...impersonation } = startImpersonation;
    if (!token) throw new Error('The token is shown at the start.');
    return { ...impersonation, token };
  };
  const stop = async (credential?: string) => (await gateway.ask(StopImpersonation, {}, credential)).stopImpersonation;
  const subjectOf = async (credential?: string) => (await gateway.ask(Viewer, {}, credential)).viewer.subject;
  const statuses = (token: string) =>
    Promise.all([gateway, other].map(async (instance) => (await instance.send(Viewer, {}, token)).status));
  const expectOver = (token: string) => vi.waitFor(async () => expect(await statuses(token)).toEqual([401, 401]), 5000);

  it('gives a token, shown once, that tells who acts and for whom', async () => {
    const { token, ...impersonation } = await start();
    expect(token).toMatch(/^ugi_[0-9a-f]{18}_[A-Za-z0-9_-]{43}[0-9a-f]{8}$/);
    const expiresAt = new Date(now.getTime() + 30 * 60_000).toISOString();
    expect(impersonation).toMatchObject({ tenant: { id: 'acme' }, reason: 'Ticket 7', expiresAt });
    expect((await gateway.ask(Viewer, {}, token)).viewer).toEqual({
      role: 'TENANT_ADMIN',
      subject: 'key:environment',
      scopes: ['usage:read'],
      tenant: { id: 'acme' },
      impersonation: { ...impersonation, token: null },
    });
  });

  it.each([
    '{ usage { totals { totalCalls } byAgent { agentId } } }',
    '{ calls { edges { node { requestId } } } }',
    '{ agent(id: "bot of acme") { name usage { totalCalls } } }',
    '{ tenant(id: "acme") { name agents { edges { node { id } } } } }',
    '{ modelPrices { edges { cursor } } }',
    '{ estimateCost(provider: "openai", model: "gpt-4o", inputTokens: 1, outputTokens: 1) { costUsd } }',
    '{ users { edges { node { email } } } }',
    '{ tenantUsers { users { edges { cursor } } pendingInvitations { email } } }',
  ])("reads what the tenant's admin reads: %s", async (document) => {
    const { token } = await start();
    const answer = await gateway.send(document, {}, token);
    expect(answer.errors).toEqual([]);
    expect(answer.data).toEqual((await gateway.send(document, {}, adminKey)).data);
  });

  it.each([
    '{ usage(tenantId: "globex") { totals { totalCalls } } }',
    '{ tenant(id: "globex") { name } }',
    '{ agent(id: "bot of globex", tenantId: "globex") { name } }',
    '{ users(tenantId: "globex") { edges { cursor } } }',
    '{ tenantUsers(tenantId: "globex") { pendingInvitations { email } } }',
    '{ allUsage { total { totalCalls } } }',
    '{ tenants { edges { cursor } } }',
    '{ reconcile { summaries } }',
  ])('reads nothing else: %s', async (document) => {
    const { token } = await start();
    const { errors } = await gateway.send(document, {}, token);
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });

  it.each(mutations.map((field) => [field.name, documentFor('mutation', field)]))(
    'does not write: %s',
    async (_name, document) => {
      const { token } = await start();
      const { data, errors } = await gateway.send(document, {}, token);
      expect(data).toBeNull();
      expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    },
  );

  it('is an audit row at its start, at its end and for each operation', async () => {
    const { id, token } = await start(person);
    const actor = await subjectOf(person);
    expect(actor).toMatch(/^user:/);
    await gateway.send(
      `query Look($from: DateTime) {
        a: usage(from: $from) { totals { totalCalls } }
        b: usage { totals { totalCalls } }
        ...Rest
        ... on Query { calls(first: 1) { edges { cursor } } }
      }
      fragment Rest on Query { tenants { edges { cursor } } }`,
      { from: '2026-04-01T00:00:00Z' },
      token,
    );
    await gateway.send('mutation { voidUsage(requestId: "one", reason: "secret reason") { requestId } }', {}, token);
    await gateway.send('{ nope }', {}, token);
    await gateway.send('{ usage', {}, token);
    expect(await stop(token)).toBe(true);
    const rows = await auditRows(gateway, id);
    const common = { actor, subject: 'tenant:acme', tenant_id: 'acme', target: id };
    const operation = { ...common, action: 'impersonation.operation' };
    expect(rows).toEqual([
      { ...common, action: 'impersonation.start', details: { reason: 'Ticket 7', expiresAt: expect.any(String) } },
      { ...operation, details: { kind: 'query', name: 'Look', fields: ['usage', 'tenants', 'calls'] } },
      { ...operation, details: { kind: 'mutation', name: null, fields: ['voidUsage'] } },
      { ...operation, details: { kind: 'mutation', name: 'StopImpersonation', fields: ['stopImpersonation'] } },
      { ...common, action: 'impersonation.stop', details: {} },
    ]);
  });

  it('answers nothing that cannot be written down', async () => {
    const { token } = await start();
    const { orm } = gateway.database;
    await asOwner(orm, 'alter table audit_event rename to audit_event_elsewhere');
    try {
      const { status, data, errors } = await gateway.send('{ usage { totals { totalCalls } } }', {}, token);
      expect(status).toBe(500);
      expect(data).toBeNull();
      expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
    } finally {
      await asOwner(orm, 'alter table audit_event_elsewhere rename to audit_event');
    }
    expect((await gateway.send('{ usage { totals { totalCalls } } }', {}, token)).errors).toEqual([]);
  });

  it('ends on every instance within five seconds of its stop', async () => {
    const { token } = await start();
    expect(await statuses(token)).toEqual([200, 200]);
    expect(await stop(token)).toBe(true);
    await expectOver(token);
  });

  it('ends on time, remembered or not', async () => {
    const { token } = await start(undefined, 'acme', 1);
    now = new Date(now.getTime() + 59_999);
    expect(await statuses(token)).toEqual([200, 200]);
    now = new Date(now.getTime() + 1);
    const { status, errors } = await gateway.send(Viewer, {}, token);
    expect(status).toBe(401);
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    expect(await statuses(token)).toEqual([401, 401]);
  });

  it('is ended by the superuser who started it, with all others of the same', async () => {
    const tokens = [(await start(keyed)).token, (await start(keyed, 'globex')).token];
    expect(await stop(keyed)).toBe(true);
    for (const token of tokens) await expectOver(token);
    expect(await stop(keyed)).toBe(false);
  });

  it('of one superuser does not disturb that of another', async () => {
    const [first, second] = [await start(keyed), await start(person)];
    expect(await Promise.all([first, second].map(({ token }) => subjectOf(token)))).toEqual([
      await subjectOf(keyed),
      await subjectOf(person),
    ]);
    expect(await stop(keyed)).toBe(true);
    await expectOver(first.token);
    expect(await statuses(second.token)).toEqual([200, 200]);
  });

  it('ends with the rights of the superuser who started it', async () => {
    const [first, second] = [await start(keyed), await start(person)];
    const em = gateway.database.orm.em.fork();
    const [, keyId = ''] = (await subjectOf(keyed)).split(':');
    const [, userId = ''] = (await subjectOf(person)).split(':');
    await em.execute('update api_key set revoked_at = now() where id = ?', [keyId]);
    await em.execute('update portal_user set role = null where id = ?', [userId]);
    await expectOver(first.token);
    await expectOver(second.token);
    await em.execute('update api_key set revoked_at = null where id = ?', [keyId]);
    await em.execute("update portal_user set role = 'SUPERUSER' where id = ?", [userId]);
  });

  it.each<[string, { tenantId?: string; reason?: string; minutes?: number }, string, string | undefined]>([
    ['of no tenant', { tenantId: 'nowhere' }, 'NOT_FOUND', undefined],
    ['without a reason', { reason: ' ' }, 'VALIDATION_ERROR', 'reason'],
    ['with a reason that no database stores', { reason: 'nul \0' }, 'VALIDATION_ERROR', 'reason'],
    ['with too long a reason', { reason: 'r'.repeat(1001) }, 'VALIDATION_ERROR', 'reason'],
    ['of no minutes', { minutes: 0 }, 'VALIDATION_ERROR', 'minutes'],
    ['of more than an hour', { minutes: 61 }, 'VALIDATION_ERROR', 'minutes'],
  ])('%s is not started', async (_what, input, code, field) => {
    const { errors } = await gateway.send(StartImpersonation, { tenantId: 'acme', reason: 'Ticket 7', ...input });
    expect(errors).toMatchObject([{ extensions: { code } }]);
    expect(errors[0]?.extensions.field).toBe(field);
  });

  it('needs the very token', async () => {
    const { token } = await start();
    const otherEnd = token.endsWith('0') ? '1' : '0';
    const ofAnotherKind = token.replace(/^ugi/, 'ugk');
    for (const wrong of [token.slice(0, -1) + otherEnd, ofAnotherKind, `${token}0`, 'ugi_', token.slice(0, -8)])
      expect((await gateway.send(Viewer, {}, wrong)).status).toBe(401);
  });

  it('leaves no secret in the log, in audit rows or in its own', async () => {
    const { token } = await start(person);
    const jwt = await issuer.sign({ sub: 'eve', email: 'eve@example.com', email_verified: true }, { now });
    const refused = await issuer.sign({ aud: 'elsewhere' }, { now });
    for (const credential of [token, jwt, refused, `${token}0`, keyed]) await gateway.send(Viewer, {}, credential);
    await gateway.send(`{ viewer { subject(token: "${token}") } }`, {}, token);
    const rows = await gateway.database.orm.em
      .fork()
      .execute(
        'select row_to_json(audit_event)::text from audit_event union all select row_to_json(i)::text from impersonation i',
      );
    const kept = JSON.stringify(rows) + logged.join('\n');
    expect(kept).toContain('impersonation.start');
    for (const secret of [token, jwt, refused, keyed, person, superuserKey]) {
      expect(kept).not.toContain(secret);
      expect(kept).not.toContain(secret.slice(-40));
      // As a column of bytes would show it.
      expect(kept).not.toContain(Buffer.from(secret.slice(-40)).toString('hex'));
    }
  });
});
