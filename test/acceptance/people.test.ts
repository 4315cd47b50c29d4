import { randomUUID } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { FailedSignIns } from '../../src/admission/failed-sign-ins.ts';
import { createAuthenticator } from '../../src/access/authenticate.ts';
import { tokenVerifier } from '../../src/access/token-verifier.ts';
import { auditRows } from '../support/audit-rows.ts';
import { createTestDatabase, describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { seconds, startTokenIssuer, type TokenIssuer } from '../support/token-issuer.ts';
import type { Role, UsersQuery } from './gql/graphql.ts';
import { CreateApiKey, CreateTenant, InviteUser, RevokeInvitation, TenantUsers, Users, Viewer } from './operations.ts';

const dayMs = 86_400_000;
const log = pino({ level: 'silent' });

describeOnEachDatabase('people', (kind) => {
  let gateway: TestGateway;
  /** A second instance on the same database, where that takes two. */
  let other: TestGateway;
  let issuer: TokenIssuer;
  let adminKey: string;
  let now = new Date('2026-05-01T00:00:00Z');
  const clock = () => now;

  beforeAll(async () => {
    issuer = await startTokenIssuer();
    const database = await createTestDatabase(kind);
    const config = { jwt: issuer.jwt };
    gateway = await startTestGateway(kind, { database, clock, config });
    other =
      kind === 'embedded'
        ? gateway
        : await startTestGateway(kind, { database: { ...database, drop: async () => undefined }, clock, config });
    for (const id of ['acme', 'globex']) await gateway.ask(CreateTenant, { input: { id, name: id } });
    const { createApiKey } = await gateway.ask(CreateApiKey, {
      tenantId: 'acme',
      input: { name: 'Admin', role: 'TENANT_ADMIN' },
    });
    adminKey = createApiKey.secret;
  });
  afterAll(async () => {
    if (other !== gateway) await other.close();
    await gateway.close();
    await issuer.close();
  });

  const aPerson = () => {
    const sub = randomUUID();
    return { sub, email: `${sub}@example.com`, email_verified: true };
  };
  const invite = async (email: string, role: Role, tenantId: string | null = 'acme') =>
    (await gateway.ask(InviteUser, { email, role, tenantId })).inviteUser;
  /** Who the gateway takes somebody for that signs in anew. */
  const signIn = async (claims: JWTPayload) =>
    (await gateway.ask(Viewer, {}, await issuer.sign(claims, { now }))).viewer;
  const select = <Row>(statement: string, ...parameters: unknown[]) =>
    gateway.database.orm.em.fork().execute<Row[]>(statement, parameters);
  const userOf = async ({ sub }: { sub: string }) => {
    const [user] = await select<{ id: string; email: string; name: string | null; version: string }>(
      'select id, email, name, xmin::text as version from portal_user where subject = ?',
      sub,
    );
    return user;
  };
  const statusOf = async (id: string) => {
    const [row] = await select<{ accepted: boolean; revoked: boolean }>(
      'select accepted_at is not null as accepted, revoked_at is not null as revoked from invitation where id = ?',
      id,
    );
    return row;
  };

  it('who sign in without a membership may ask who they are, and nothing else', async () => {
    const token = await issuer.sign(aPerson(), { now });
    expect((await gateway.ask(Viewer, {}, token)).viewer).toMatchObject({ tenant: null, scopes: [] });
    for (const document of [
      '{ usage(tenantId: "acme") { totals { totalCalls } } }',
      '{ usage { totals { totalCalls } } }',
      '{ tenant(id: "acme") { name } }',
      '{ estimateCost(provider: "p", model: "m", inputTokens: 1, outputTokens: 1) { costUsd } }',
      '{ users { edges { cursor } } }',
      'mutation { recordUsage(input: { inputTokens: 1, outputTokens: 1 }) { outcome } }',
      'mutation { stopImpersonation }',
    ]) {
      const { errors } = await gateway.send(document, {}, token);
      expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    }
  });

  it('who are invited have their membership from the first sign-in on', async () => {
    const person = { ...aPerson(), name: 'Ada' };
    const invitation = await invite(` ${person.email.toUpperCase()} `, 'TENANT_ADMIN');
    expect(invitation).toMatchObject({ email: person.email, role: 'TENANT_ADMIN', status: 'PENDING' });
    expect(invitation.expiresAt).toBe(new Date(now.getTime() + 7 * dayMs).toISOString());
    const viewer = await signIn({ ...person, email: person.email.toUpperCase() });
    expect(viewer).toMatchObject({ role: 'TENANT_ADMIN', tenant: { id: 'acme' } });
    expect(viewer.subject).toBe(`user:${(await userOf(person))?.id}`);
    expect(await signIn(person)).toEqual(viewer);
    expect(await auditRows(gateway, invitation.id)).toMatchObject([
      { action: 'invitation.create', actor: 'key:environment', tenant_id: 'acme', details: { email: person.email } },
      { action: 'invitation.accept', actor: viewer.subject, subject: null, tenant_id: 'acme' },
    ]);
  });

  it('who are invited after their first sign-in have it from the next one on', async () => {
    const person = aPerson();
    expect(await signIn(person)).toMatchObject({ tenant: null });
    await invite(person.email, 'TENANT_MEMBER', 'globex');
    expect(await signIn(person)).toMatchObject({ role: 'TENANT_MEMBER', tenant: { id: 'globex' } });
  });

  it('who are invited as superusers are', async () => {
    const person = aPerson();
    await invite(person.email, 'SUPERUSER', null);
    const viewer = await signIn(person);
    expect(viewer).toMatchObject({ role: 'SUPERUSER', tenant: null, subject: expect.stringMatching(/^user:/) });
    const token = await issuer.sign(person, { now });
    expect((await gateway.send('{ allUsage { total { totalCalls } } }', {}, token)).errors).toEqual([]);
  });

  it('who are invited as platform viewers read every tenant and change none', async () => {
    const person = aPerson();
    await invite(person.email, 'PLATFORM_VIEWER', null);
    expect(await signIn(person)).toMatchObject({ role: 'PLATFORM_VIEWER', tenant: null, scopes: ['usage:read'] });
    const token = await issuer.sign(person, { now });
    const refusals = async (document: string) => (await gateway.send(document, {}, token)).errors;
    for (const read of [
      '{ allUsage { total { totalCalls } } }',
      '{ tenants { edges { node { id } } } }',
      '{ usage(tenantId: "globex") { totals { totalCalls } } }',
      '{ users { edges { node { id } } } }',
      '{ auditEvents { edges { node { id } } } }',
      '{ estimateCost(provider: "openai", model: "gpt-4o", inputTokens: 1, outputTokens: 1) { costUsd } }',
    ])
      expect(await refusals(read)).toEqual([]);
    expect(await refusals('{ usage { totals { totalCalls } } }')).toMatchObject([
      {
        message: "A platform viewer must name the tenant: 'tenantId' is required.",
        extensions: { code: 'VALIDATION_ERROR', field: 'tenantId' },
      },
    ]);
    expect(await refusals('{ usage(tenantId: "nowhere") { totals { totalCalls } } }')).toMatchObject([
      { extensions: { code: 'NOT_FOUND' } },
    ]);
    expect(await refusals('mutation { createAgent(tenantId: "acme", input: { id: "a", name: "A" }) { id } }')).toEqual([
      expect.objectContaining({
        message: 'This user (a platform viewer) may not call createAgent; that needs the role TENANT_ADMIN.',
        extensions: { code: 'FORBIDDEN' },
      }),
    ]);
  });

  it.each([
    ['is not verified', { email_verified: false }],
    ['is not said to be verified', { email_verified: undefined }],
    ['is another one', { email: 'other@example.com' }],
  ])('whose address %s accept no invitation', async (_what, claims) => {
    const person = aPerson();
    const { id } = await invite(person.email, 'TENANT_ADMIN');
    expect(await signIn({ ...person, ...claims })).toMatchObject({ tenant: null });
    expect(await statusOf(id)).toEqual({ accepted: false, revoked: false });
    expect(await signIn(person)).toMatchObject({ tenant: { id: 'acme' } });
  });

  it('accept the oldest of several invitations, and no other later', async () => {
    const person = aPerson();
    const invitations = [];
    for (const [tenantId, role] of [
      ['globex', 'TENANT_MEMBER'],
      ['acme', 'TENANT_ADMIN'],
    ] as const) {
      invitations.push(await invite(person.email, role, tenantId));
      now = new Date(now.getTime() + 1000);
    }
    for (let i = 0; i < 2; i++) expect(await signIn(person)).toMatchObject({ tenant: { id: 'globex' } });
    const statuses = await Promise.all(invitations.map(({ id }) => statusOf(id)));
    expect(statuses).toMatchObject([{ accepted: true }, { accepted: false }]);
  });

  it('accept none that is over or taken back', async () => {
    const [late, unwanted] = [aPerson(), aPerson()];
    const expired = await invite(late.email, 'TENANT_ADMIN');
    const revoked = await invite(unwanted.email, 'TENANT_ADMIN');
    await gateway.ask(RevokeInvitation, { id: revoked.id });
    expect(await signIn(unwanted)).toMatchObject({ tenant: null });
    now = new Date(now.getTime() + 7 * dayMs);
    expect(await signIn(late)).toMatchObject({ tenant: null });
    expect(await statusOf(expired.id)).toEqual({ accepted: false, revoked: false });
    expect((await gateway.ask(RevokeInvitation, { id: expired.id })).revokeInvitation.status).toBe('REVOKED');
  });

  it.each([
    ['for the first time', false],
    ['with an invitation', true],
  ])('become users once, and accept once, on however many instances they sign in %s', async (_how, known) => {
    const person = aPerson();
    if (known) await signIn(person);
    const invitation = await invite(person.email, 'TENANT_ADMIN');
    const second = await invite(person.email, 'TENANT_MEMBER', 'globex');
    const token = await issuer.sign(person, { now });
    const verify = tokenVerifier(issuer.jwt, clock, log);
    const instances = Array.from({ length: 6 }, () =>
      createAuthenticator(gateway.database.orm, undefined, clock, new FailedSignIns(undefined), verify),
    );
    const principals = await Promise.all(
      instances.map(({ authenticate }) => authenticate(`Bearer ${token}`, '192.0.2.1')),
    );
    const subject = `user:${(await userOf(person))?.id}`;
    for (const principal of principals)
      expect(principal).toEqual({ kind: 'member', subject, tenantId: 'acme', role: 'TENANT_ADMIN' });
    expect(await select('select id from portal_user where subject = ?', person.sub)).toHaveLength(1);
    const actions = (await auditRows(gateway, invitation.id)).map(({ action }) => action);
    expect(actions).toEqual(['invitation.create', 'invitation.accept']);
    expect(await statusOf(second.id)).toEqual({ accepted: false, revoked: false });
  });

  it('of one address do not share an invitation', async () => {
    const { email, email_verified } = aPerson();
    await invite(email, 'TENANT_ADMIN');
    const tokens = await Promise.all(
      ['one', 'two', 'three'].map((sub) => issuer.sign({ sub: sub + email, email, email_verified }, { now })),
    );
    const answers = await Promise.all(tokens.map((token) => gateway.ask(Viewer, {}, token)));
    expect(answers.filter(({ viewer }) => viewer.tenant?.id === 'acme')).toHaveLength(1);
  });

  it('keep the name and the verified address that their latest token says', async () => {
    const person = aPerson();
    await signIn({ sub: person.sub, email: 'claimed@example.com', email_verified: false });
    expect(await userOf(person)).toMatchObject({ email: 'claimed@example.com', name: null });
    await signIn({ ...person, name: 'Ada' });
    expect(await userOf(person)).toMatchObject({ email: person.email, name: 'Ada' });
    await signIn({ ...person, email: 'moved@example.com', name: 'Ada Lovelace' });
    expect(await userOf(person)).toMatchObject({ email: 'moved@example.com', name: 'Ada Lovelace' });
    await signIn({ sub: person.sub, email: 'claimed@example.com', email_verified: false });
    expect(await userOf(person)).toMatchObject({ email: 'moved@example.com', name: 'Ada Lovelace' });
  });

  it('are not written down again while nothing has changed', async () => {
    const [member, guest] = [{ ...aPerson(), name: 'Ada' }, aPerson()];
    await invite(member.email, 'TENANT_MEMBER');
    for (const person of [member, guest]) {
      await signIn(person);
      const before = await userOf(person);
      await signIn(person);
      await signIn({ sub: person.sub });
      expect(await userOf(person)).toEqual(before);
    }
  });

  it('whose role is changed have the new one on every instance within five seconds', async () => {
    const person = aPerson();
    await invite(person.email, 'TENANT_ADMIN');
    const token = await issuer.sign(person, { now });
    const roles = () =>
      Promise.all([gateway, other].map(async (instance) => (await instance.ask(Viewer, {}, token)).viewer.role));
    expect(await roles()).toEqual(['TENANT_ADMIN', 'TENANT_ADMIN']);
    await select("update portal_user set role = 'TENANT_MEMBER' where subject = ? returning id", person.sub);
    await vi.waitFor(async () => expect(await roles()).toEqual(['TENANT_MEMBER', 'TENANT_MEMBER']), 5000);
  });

  it('are turned away the moment their token is over, remembered or not', async () => {
    const token = await issuer.sign({ ...aPerson(), exp: seconds(now) + 60 }, { now });
    const { status } = await gateway.send(Viewer, {}, token);
    now = new Date(now.getTime() + 90_000);
    const late = await gateway.send(Viewer, {}, token);
    expect([status, late.status]).toEqual([200, 401]);
    expect(late.errors).toMatchObject([{ message: 'The token has expired.' }]);
  });

  it('are listed by address, page by page, all or by tenant and role', async () => {
    const tenantId = randomUUID();
    await gateway.ask(CreateTenant, { input: { id: tenantId, name: 'Listed' } });
    const emails: string[] = [];
    for (const role of ['TENANT_MEMBER', 'TENANT_ADMIN', 'TENANT_MEMBER', 'TENANT_MEMBER', 'TENANT_MEMBER'] as const) {
      const person = aPerson();
      await invite(person.email, role, tenantId);
      await signIn(person);
      emails.push(person.email);
    }
    const guest = aPerson();
    await signIn(guest);

    const list = async (variables: { tenantId?: string; role?: Role; first: number }, key?: string) => {
      const seen = [];
      for (let after: string | null = null; ;) {
        const { users }: UsersQuery = await gateway.ask(Users, { ...variables, after }, key);
        seen.push(...users.edges.map(({ node }) => node));
        if (!users.pageInfo.hasNextPage) return seen;
        after = users.pageInfo.endCursor ?? null;
      }
    };
    const emailsOf = (users: { email: string }[]) => users.map(({ email }) => email);
    expect(emailsOf(await list({ tenantId, first: 2 }))).toEqual(emails.toSorted());
    expect(emailsOf(await list({ tenantId, role: 'TENANT_ADMIN', first: 1 }))).toEqual([emails[1]]);
    const everybody = await list({ first: 3 });
    expect(emailsOf(everybody)).toEqual(emailsOf(everybody).toSorted());
    const [{ count } = {}] = await select<{ count: number }>('select count(*)::int as count from portal_user');
    expect(everybody).toHaveLength(count ?? 0);
    expect(everybody.find(({ email }) => email === guest.email)).toMatchObject({ role: 'TENANT_MEMBER', tenant: null });
    expect(new Set((await list({ role: 'SUPERUSER', first: 3 })).map(({ role }) => role))).toEqual(
      new Set(['SUPERUSER']),
    );
    const own = await list({ first: 3 }, adminKey);
    expect(new Set(own.map(({ tenant }) => tenant?.id))).toEqual(new Set(['acme']));

    const { tenantUsers } = await gateway.ask(TenantUsers, { tenantId, first: 2 });
    expect(tenantUsers.users.edges.map(({ node }) => node.email)).toEqual(emails.toSorted().slice(0, 2));
    expect(tenantUsers).toMatchObject({ users: { pageInfo: { hasNextPage: true } }, pendingInvitations: [] });
  });

  it('who are invited are listed until their invitation is over', async () => {
    const tenantId = randomUUID();
    await gateway.ask(CreateTenant, { input: { id: tenantId, name: 'Inviting' } });
    const persons = [aPerson(), aPerson(), aPerson(), aPerson()];
    const pending = async () =>
      (await gateway.ask(TenantUsers, { tenantId })).tenantUsers.pendingInvitations.map(({ email }) => email);
    const invitations = [];
    for (const { email } of persons) {
      invitations.push(await invite(email, 'TENANT_MEMBER', tenantId));
      now = new Date(now.getTime() + dayMs);
    }
    const emails = persons.map(({ email }) => email);
    expect(await pending()).toEqual(emails);
    await signIn(persons[1] ?? {});
    await gateway.ask(RevokeInvitation, { id: invitations[2]?.id ?? '' });
    expect(await pending()).toEqual([emails[0], emails[3]]);
    now = new Date(now.getTime() + 3 * dayMs);
    expect(await pending()).toEqual([emails[3]]);
  });

  it.each<[string, string, Role, string | null, string]>([
    ['without an address', ' ', 'TENANT_MEMBER', 'acme', 'email'],
    ['with a name for an address', 'Ada <ada@example.com>', 'TENANT_MEMBER', 'acme', 'email'],
    ['with a newline in the address', 'ada@example.com\nbcc: eve', 'TENANT_MEMBER', 'acme', 'email'],
    ['with too long an address', `${'a'.repeat(250)}@example.com`, 'TENANT_MEMBER', 'acme', 'email'],
    ['as a superuser of a tenant', 'ada@example.com', 'SUPERUSER', 'acme', 'tenantId'],
    ['as a platform viewer of a tenant', 'ada@example.com', 'PLATFORM_VIEWER', 'acme', 'tenantId'],
    ['as a member of no tenant', 'ada@example.com', 'TENANT_MEMBER', null, 'tenantId'],
  ])('cannot be invited %s', async (_how, email, role, tenantId, field) => {
    const { errors } = await gateway.send(InviteUser, { email, role, tenantId });
    expect(errors).toMatchObject([{ extensions: { code: 'VALIDATION_ERROR', field } }]);
  });

  it('cannot be invited to a tenant that does not exist', async () => {
    const { errors } = await gateway.send(InviteUser, {
      email: 'a@example.com',
      role: 'TENANT_ADMIN',
      tenantId: 'nowhere',
    });
    expect(errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  });

  it('cannot be invited again while they are invited, or members', async () => {
    const person = aPerson();
    const variables = { email: person.email, role: 'TENANT_ADMIN' as const, tenantId: 'acme' };
    const answers = await Promise.all([1, 2, 3].map(() => gateway.send(InviteUser, variables)));
    const failures = answers.flatMap(({ errors }) => errors);
    expect(failures).toHaveLength(2);
    await signIn(person);
    failures.push(...(await gateway.send(InviteUser, variables)).errors);
    expect(failures).toHaveLength(3);
    for (const { extensions } of failures) expect(extensions).toEqual({ code: 'VALIDATION_ERROR', field: 'email' });
    expect(await invite(person.email, 'TENANT_ADMIN', 'globex')).toMatchObject({ status: 'PENDING' });
  });

  it('are invited anew once an invitation is over or taken back', async () => {
    const { email } = aPerson();
    const first = await invite(email, 'TENANT_ADMIN');
    await gateway.ask(RevokeInvitation, { id: first.id });
    const second = await invite(email, 'TENANT_MEMBER');
    now = new Date(now.getTime() + 7 * dayMs);
    const third = await invite(email, 'TENANT_MEMBER');
    expect(new Set([first.id, second.id, third.id]).size).toBe(3);
  });

  it("invited by a tenant's admin are of its tenant", async () => {
    const person = aPerson();
    const { inviteUser } = await gateway.ask(InviteUser, { email: person.email, role: 'TENANT_MEMBER' }, adminKey);
    expect(await signIn(person)).toMatchObject({ tenant: { id: 'acme' } });
    expect(await auditRows(gateway, inviteUser.id)).toMatchObject([
      { action: 'invitation.create', actor: expect.stringMatching(/^key:[0-9a-f]{18}$/) },
      { action: 'invitation.accept' },
    ]);
  });

  it('whose invitation is taken back twice are told so once', async () => {
    const { id } = await invite(aPerson().email, 'TENANT_ADMIN');
    for (let i = 0; i < 2; i++) {
      const { revokeInvitation } = await gateway.ask(RevokeInvitation, { id }, adminKey);
      expect(revokeInvitation).toEqual({ id, status: 'REVOKED' });
    }
    expect((await auditRows(gateway, id)).map(({ action }) => action)).toEqual([
      'invitation.create',
      'invitation.revoke',
    ]);
  });

  it('keep a membership whose invitation somebody takes back', async () => {
    const person = aPerson();
    const { id } = await invite(person.email, 'TENANT_ADMIN');
    await signIn(person);
    const { errors } = await gateway.send(RevokeInvitation, { id });
    expect(errors).toMatchObject([{ extensions: { code: 'VALIDATION_ERROR', field: 'id' } }]);
    expect(await signIn(person)).toMatchObject({ tenant: { id: 'acme' } });
  });

  it('of other tenants are hidden from who takes invitations back', async () => {
    const [elsewhere, platform] = [
      await invite(aPerson().email, 'TENANT_ADMIN', 'globex'),
      await invite(aPerson().email, 'SUPERUSER', null),
    ];
    const revoke = async (id: string, key?: string) => (await gateway.send(RevokeInvitation, { id }, key)).errors;
    const unknown = await revoke(randomUUID(), adminKey);
    expect(unknown).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    for (const { id } of [elsewhere, platform]) expect(await revoke(id, adminKey)).toEqual(unknown);
    expect(await revoke(randomUUID())).toMatchObject([{ extensions: { code: 'NOT_FOUND', field: 'id' } }]);
    for (const { id } of [elsewhere, platform]) expect(await revoke(id)).toEqual([]);
  });
});
