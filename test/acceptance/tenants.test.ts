import { print } from 'graphql';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { asOwner } from '../support/as-owner.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { rowOf } from '../support/row-of-tenant.ts';
import { auditOf } from './audit-of.ts';
import { graphql } from './gql/gql.ts';
import type { RateLimitInput } from './gql/graphql.ts';
import {
  AuditEvents,
  CreateAgent,
  CreateApiKey,
  CreateTenant,
  DeleteTenant,
  Record as RecordCall,
  SetPrice,
  StartImpersonation,
  Totals,
  UpdateTenant,
  Void,
} from './operations.ts';

const TenantById = graphql(`
  query TenantById($id: ID!) {
    tenant(id: $id) {
      id
      name
      timezone
    }
    usage(tenantId: $id) {
      filtersApplied {
        timezone
      }
    }
  }
`);

const LimitTenant = graphql(`
  mutation LimitTenant($id: ID!, $input: UpdateTenantInput!) {
    updateTenant(id: $id, input: $input) {
      rateLimit {
        callsPerSecond
        requestsPerSecond
      }
    }
  }
`);

const actor = 'key:environment';

describeOnEachDatabase('a tenant', (kind) => {
  let gateway: TestGateway;
  let no = 0;
  let id: string;
  beforeAll(async () => {
    gateway = await startTestGateway(kind, { folding: false });
  });
  afterAll(() => gateway.close());
  beforeEach(async () => {
    id = `tenant${++no}`;
    await gateway.ask(CreateTenant, { input: { id, name: 'Before', timezone: 'Asia/Kathmandu' } });
  });

  const created = {
    actor,
    action: 'tenant.create',
    get target() {
      return id;
    },
    details: { name: 'Before', timezone: 'Asia/Kathmandu' },
  };
  const record = (requestId: string) =>
    gateway.ask(RecordCall, {
      input: { tenantId: id, requestId, provider: 'p', model: 'm', inputTokens: 1_000_000, outputTokens: 0 },
    });

  it('is created with an audit row, and one that exists is left as it is, without', async () => {
    const { errors } = await gateway.send(CreateTenant, { input: { id, name: 'Again' } });
    expect(errors[0]?.extensions).toEqual({ code: 'VALIDATION_ERROR', field: 'id' });
    expect((await gateway.ask(TenantById, { id })).tenant).toEqual({
      id,
      name: 'Before',
      timezone: 'Asia/Kathmandu',
    });
    expect(await auditOf(gateway, id)).toEqual([created]);
  });

  it('that comes to be with a call has no audit row', async () => {
    id = `${id}-implicit`;
    await record('one');
    expect(await auditOf(gateway, id)).toEqual([]);
  });

  it('changes what is given, and the rest stays', async () => {
    const { updateTenant } = await gateway.ask(UpdateTenant, { id, input: { name: 'After' } });
    expect(updateTenant).toEqual({ id, name: 'After', timezone: 'Asia/Kathmandu' });
    await gateway.ask(UpdateTenant, { id, input: { timezone: 'America/New_York', name: null } });
    const { tenant, usage } = await gateway.ask(TenantById, { id });
    expect(tenant).toEqual({ id, name: 'After', timezone: 'America/New_York' });
    expect(usage.filtersApplied.timezone).toBe('America/New_York');
    expect(await auditOf(gateway, id)).toEqual([
      created,
      { actor, action: 'tenant.update', target: id, details: { name: { old: 'Before', new: 'After' } } },
      {
        actor,
        action: 'tenant.update',
        target: id,
        details: { timezone: { old: 'Asia/Kathmandu', new: 'America/New_York' } },
      },
    ]);
  });

  it('is answered as each change of a document left it', async () => {
    const { data, errors } = await gateway.send<Record<string, unknown>, object>(`mutation {
      a: updateTenant(id: "${id}", input: { name: "A" }) { name timezone }
      b: updateTenant(id: "${id}", input: { timezone: "UTC" }) { name timezone }
      c: updateTenant(id: "${id}", input: {}) { name timezone }
    }`);
    expect(errors).toEqual([]);
    expect(data).toEqual({
      a: { name: 'A', timezone: 'Asia/Kathmandu' },
      b: { name: 'A', timezone: 'UTC' },
      c: { name: 'A', timezone: 'UTC' },
    });
  });

  it('has the rate limit that it is given, number by number', async () => {
    const change = async (rateLimit: RateLimitInput | null) =>
      (await gateway.ask(LimitTenant, { id, input: { rateLimit } })).updateTenant.rateLimit;
    expect(await change({ callsPerSecond: 0.01 })).toEqual({ callsPerSecond: 0.01, requestsPerSecond: null });
    expect(await change({ requestsPerSecond: 1_000_000 })).toEqual({
      callsPerSecond: 0.01,
      requestsPerSecond: 1_000_000,
    });
    expect(await change(null)).toEqual({ callsPerSecond: 0.01, requestsPerSecond: 1_000_000 });
    await gateway.ask(UpdateTenant, { id, input: { name: 'After' } });
    expect(await change({ callsPerSecond: null })).toEqual({ callsPerSecond: null, requestsPerSecond: 1_000_000 });
    expect(await change({ requestsPerSecond: null })).toBeNull();
    const details = (await auditOf(gateway, id)).map((event) => event.details);
    expect(details.slice(1)).toEqual([
      { callsPerSecond: { old: null, new: 0.01 } },
      { requestsPerSecond: { old: null, new: 1_000_000 } },
      { name: { old: 'Before', new: 'After' } },
      { callsPerSecond: { old: 0.01, new: null } },
      { requestsPerSecond: { old: 1_000_000, new: null } },
    ]);
  });

  it.each([
    ['calls', { callsPerSecond: 0 }, 'callsPerSecond'],
    ['calls', { callsPerSecond: -1, requestsPerSecond: 5 }, 'callsPerSecond'],
    ['requests', { requestsPerSecond: 1_000_001 }, 'requestsPerSecond'],
  ])('takes no rate limit of %s out of bounds', async (_what, rateLimit, field) => {
    const { errors } = await gateway.send(UpdateTenant, { id, input: { rateLimit } });
    expect(errors[0]).toMatchObject({
      message: `'${field}' must be from 0.01 to 1,000,000`,
      extensions: { code: 'VALIDATION_ERROR', field },
    });
    expect(await auditOf(gateway, id)).toEqual([created]);
  });

  it.each([
    ['nothing', {}],
    ['null', { name: null, timezone: null }],
    ['what it is already', { name: 'Before', timezone: 'Asia/Kathmandu' }],
  ])('that is changed to %s stays, without an audit row', async (_what, input) => {
    const { updateTenant } = await gateway.ask(UpdateTenant, { id, input });
    expect(updateTenant).toEqual({ id, name: 'Before', timezone: 'Asia/Kathmandu' });
    expect(await auditOf(gateway, id)).toEqual([created]);
  });

  it.each([
    ['an empty name', { name: '' }, 'name'],
    ['a name of two lines', { name: 'a\nb', timezone: 'UTC' }, 'name'],
    ['a time zone that is none', { name: 'After', timezone: 'Nowhere/City' }, 'timezone'],
  ])('is not changed to %s', async (_what, input, field) => {
    const { errors } = await gateway.send(UpdateTenant, { id, input });
    expect(errors[0]?.extensions).toEqual({ code: 'VALIDATION_ERROR', field });
    expect((await gateway.ask(TenantById, { id })).tenant).toMatchObject({
      name: 'Before',
      timezone: 'Asia/Kathmandu',
    });
    expect(await auditOf(gateway, id)).toEqual([created]);
  });

  it.each([
    ['changed', UpdateTenant, 'NOT_FOUND', 'nowhere'],
    ['deleted', DeleteTenant, 'NOT_FOUND', 'nowhere'],
    ['changed', UpdateTenant, 'VALIDATION_ERROR', ''],
    ['deleted', DeleteTenant, 'VALIDATION_ERROR', 'a\0b'],
  ])('that does not exist is not %s', async (_what, document, code, id) => {
    const { errors } = await gateway.send(print(document), { id, input: { name: 'After' } });
    expect(errors[0]?.extensions).toEqual({ code, field: 'id' });
  });

  it('is deleted with everything but its audit rows', async () => {
    const withTenant = await asOwner<{ name: string }>(
      gateway.database.orm,
      `select relname as name from pg_class join pg_attribute on attrelid = pg_class.oid and attname = 'tenant_id'
       where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace order by relname`,
    );
    // Those keep a tenant.
    const kept = new Set(['usage_call', 'statement_line', 'statement_adjustment']);
    const tables = withTenant.map(({ name }) => name).filter((name) => !kept.has(name));
    const count = async (table: string) => {
      const [row] = await gateway.database.orm.em
        .fork()
        .execute<{ rows: number }[]>(`select count(*)::int as rows from ${table} where tenant_id = ?`, [id]);
      return row?.rows;
    };
    for (const table of tables.filter((name) => name !== 'tenant'))
      await gateway.database.orm.em.fork().execute(rowOf[table]?.(id) ?? '');
    for (const table of tables) expect(await count(table)).toBeGreaterThan(0);

    expect(await gateway.ask(DeleteTenant, { id })).toEqual({ deleteTenant: true });
    const left = [];
    for (const table of tables) if (await count(table)) left.push(table);
    expect(left).toEqual(['audit_event']);
    const [user] = await gateway.database.orm.em
      .fork()
      .execute('select tenant_id, role from portal_user where id = ?', [`u-${id}`]);
    expect(user).toEqual({ tenant_id: null, role: null });
    expect((await auditOf(gateway, id)).at(-1)).toEqual({ ...created, action: 'tenant.delete' });

    for (const document of [TenantById, DeleteTenant])
      expect((await gateway.send(print(document), { id })).errors[0]?.extensions.code).toBe('NOT_FOUND');
  });

  it('that was deleted lets its keys in no more, and takes neither agents nor keys nor prices', async () => {
    const { createApiKey } = await gateway.ask(CreateApiKey, {
      tenantId: id,
      input: { name: 'Key', role: 'TENANT_ADMIN' },
    });
    await gateway.ask(DeleteTenant, { id });
    expect((await gateway.send('{ viewer { role } }', {}, createApiKey.secret)).status).toBe(401);
    const refused = [
      await gateway.send(CreateAgent, { tenantId: id, input: { id: 'bot', name: 'Bot' } }),
      await gateway.send(CreateApiKey, { tenantId: id, input: { name: 'Key', role: 'TENANT_ADMIN' } }),
      await gateway.send(SetPrice, {
        tenantId: id,
        input: { provider: 'p', model: 'm', inputUsdPerMillion: '1', outputUsdPerMillion: '1' },
      }),
    ];
    expect(refused.map(({ errors }) => errors[0]?.extensions.code)).toEqual(['NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND']);
  });

  it.each(['counted', 'voided'])('with a %s call is not deleted, nor is anything of it', async (state) => {
    await gateway.ask(CreateAgent, { tenantId: id, input: { id: 'bot', name: 'Bot' } });
    await record('one');
    if (state === 'voided') await gateway.ask(Void, { tenantId: id, requestId: 'one', reason: 'wrong' });
    const before = await auditOf(gateway, id);
    const { errors } = await gateway.send(DeleteTenant, { id });
    expect(errors).toMatchObject([
      { message: expect.stringContaining('has calls'), extensions: { code: 'VALIDATION_ERROR', field: 'id' } },
    ]);
    const { data } = await gateway.send(`{ agent(tenantId: "${id}", id: "bot") { name } }`);
    expect(data).toEqual({ agent: { name: 'Bot' } });
    expect(await auditOf(gateway, id)).toEqual(before);
  });

  it('that is created again sees none of the audit rows of the one before, and superusers see all', async () => {
    const adminsKey = async () => {
      const input = { name: 'Key', role: 'TENANT_ADMIN' as const };
      return (await gateway.ask(CreateApiKey, { tenantId: id, input })).createApiKey.secret;
    };
    const actsSeenWith = async (key?: string) => {
      const { auditEvents } = await gateway.ask(AuditEvents, { tenantId: id, first: 100 }, key);
      return auditEvents.edges.map(({ node }) => node.action).toReversed();
    };
    const before = ['tenant.create', 'key.create'];
    expect(await actsSeenWith(await adminsKey())).toEqual(before);
    await gateway.ask(DeleteTenant, { id });
    expect(await actsSeenWith()).toEqual([...before, 'tenant.delete']);
    await gateway.ask(CreateTenant, { input: { id, name: 'Again' } });
    expect(await actsSeenWith(await adminsKey())).toEqual(before);
    expect(await actsSeenWith()).toEqual([...before, 'tenant.delete', ...before]);
    const { startImpersonation } = await gateway.ask(StartImpersonation, { tenantId: id, reason: 'To look.' });
    const seen = await actsSeenWith(startImpersonation.token ?? undefined);
    expect(seen).toEqual([...before, 'impersonation.start', 'impersonation.operation']);
  });

  it('that is created again has nothing of the one before', async () => {
    const input = {
      provider: 'p',
      model: 'm',
      effectiveFrom: '2026-01-01T00:00:00Z',
      inputUsdPerMillion: '3',
      outputUsdPerMillion: '3',
    };
    await gateway.ask(SetPrice, { tenantId: id, input });
    expect((await record('one')).recordUsage.event.costUsd).toBe('3');
    // As an operator may do, and nobody else.
    await asOwner(gateway.database.orm, `delete from usage_call where tenant_id = '${id}'`);
    await gateway.ask(DeleteTenant, { id });

    expect((await record('one')).recordUsage.event).toMatchObject({
      tenant: { id, name: id, timezone: 'UTC' },
      costUsd: null,
      costSource: 'UNPRICED',
    });
    expect((await gateway.ask(Totals, { tenantId: id })).usage.totals.totalCalls).toBe(1);
  });
});
