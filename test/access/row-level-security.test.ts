import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../src/open-database.ts';
import { platformRole, tenantRole } from '../../src/database/database-role.ts';
import { forkForPrincipal } from '../../src/access/database-session.ts';
import { platformPrincipal } from '../../src/caller/principal.ts';
import { forkForTenant } from '../../src/database/session.ts';
import type { TenantId } from '../../src/values/identifier.ts';
import { asOwner } from '../support/as-owner.ts';
import { createTestDatabase, describeOnEachDatabase } from '../support/databases.ts';
import { rowOf } from '../support/row-of-tenant.ts';

const acme = 'acme' as TenantId;
const globex = 'globex' as TenantId;

const tables = Object.keys(rowOf);

/** What PostgreSQL says to who may not: insufficient_privilege, also where a policy refuses a row. */
const refused = { code: '42501' };

describeOnEachDatabase('row level security', (kind) => {
  let database: Database;
  let drop: () => Promise<void>;

  beforeAll(async () => {
    const created = await createTestDatabase(kind);
    drop = created.drop;
    database = await openDatabase(created.config);
    for (const tenant of [acme, globex]) for (const table of tables) await asPlatform(rowOf[table]?.(tenant) ?? '');
    await asPlatform(`insert into api_key (id, name, secret_hash, role) values ('k', 'K', '', 'SUPERUSER')`);
    await asPlatform(
      `insert into model_price (id, provider, model, provider_key, model_key, effective_from, input_usd_per_million, output_usd_per_million)
       values ('p', 'p', 'm', 'p', 'm', now(), 1, 1)`,
    );
  });
  afterAll(async () => {
    await database?.close();
    await drop?.();
  });

  const asPlatform = <Row extends object>(statement: string) => database.orm.em.fork().execute<Row[]>(statement);
  const asTenant = <Row extends object>(tenant: TenantId | undefined, statement: string) =>
    forkForTenant(database.orm, tenant).execute<Row[]>(statement);
  const tenantsIn = async (rows: Promise<{ tenant_id: string | null }[]>) =>
    (await rows).map((row) => row.tenant_id).toSorted();

  it('holds on every table that has a tenant, for its owner too', async () => {
    const found = await asOwner<{ name: string; forced: boolean; policies: string[] }>(
      database.orm,
      `select relname as name, relrowsecurity and relforcerowsecurity as forced,
         array(select polname::text from pg_policy where polrelid = pg_class.oid
           and polcmd = '*' and polqual is not null and polwithcheck is not null order by 1) as policies
       from pg_class
       where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
         and exists (select from pg_attribute where attrelid = pg_class.oid and attname = 'tenant_id')
       order by relname collate "C"`,
    );
    expect(found).toEqual(
      tables.toSorted().map((name) => ({ name, forced: true, policies: ['own_tenant', 'whole_platform'] })),
    );
  });

  it('is not bypassed by the role that serves, which owns nothing', async () => {
    const [who] = await asPlatform(
      `select current_user::text as name, rolsuper or rolbypassrls or rolcanlogin or rolcreaterole as mighty,
         (select count(*)::int from pg_class where relowner = pg_roles.oid) as owned
       from pg_roles where rolname = current_user`,
    );
    expect(who).toEqual({ name: platformRole, mighty: false, owned: 0 });
    const [tenant] = await asTenant(
      acme,
      `select current_user::text as name, rolsuper or rolbypassrls or rolcanlogin or rolcreaterole as mighty,
         (select count(*)::int from pg_class where relowner = pg_roles.oid) as owned
       from pg_roles where rolname = current_user`,
    );
    expect(tenant).toEqual({ name: tenantRole, mighty: false, owned: 0 });
  });

  it.each(tables)('shows of %s what is the own tenant’s, and nothing without one', async (table) => {
    const shared = table === 'model_price' ? [null] : [];
    const rows = `select tenant_id from ${table}`;
    expect(await tenantsIn(asTenant(acme, rows))).toEqual([...shared, 'acme'].toSorted());
    expect(await tenantsIn(asTenant(globex, rows))).toEqual([...shared, 'globex'].toSorted());
    expect(await tenantsIn(asTenant('nowhere' as TenantId, rows))).toEqual(shared);
    expect(await tenantsIn(asTenant(undefined, rows))).toEqual(shared);
    const all = await tenantsIn(asPlatform(rows));
    expect(all.filter((tenant) => tenant !== null)).toEqual(['acme', 'globex']);
  });

  it.each(tables)('refuses a row of %s for another tenant', async (table) => {
    await expect(asTenant(acme, rowOf[table]?.('umbrella') ?? '')).rejects.toMatchObject(refused);
    await expect(asTenant(undefined, rowOf[table]?.('umbrella') ?? '')).rejects.toMatchObject(refused);
    expect(await asPlatform(`select * from ${table} where tenant_id = 'umbrella'`)).toEqual([]);
  });

  it.each([
    ['agent', `update agent set tenant_id = 'globex', agent_id = 'moved'`],
    ['api_key', `update api_key set tenant_id = 'globex'`],
    ['invitation', `update invitation set tenant_id = 'globex'`],
    ['model_price', `update model_price set tenant_id = null where tenant_id = 'acme'`],
    ['usage_call', `update usage_call set tenant_id = 'globex', request_id = 'moved'`],
  ])('refuses to hand rows of %s over to another tenant', async (_table, statement) => {
    await expect(asTenant(acme, statement)).rejects.toMatchObject(refused);
  });

  it.each([
    `update agent set name = 'changed' where tenant_id = 'globex'`,
    `delete from agent where tenant_id = 'globex'`,
    `update api_key set revoked_at = now() where tenant_id = 'globex' or tenant_id is null`,
    `update model_price set effective_to = now() + interval '1 day' where tenant_id = 'globex'`,
    `update usage_call set voided_at = now(), void_reason = 'x', voided_by = 'x' where tenant_id = 'globex'`,
  ])('finds nothing of another tenant to change: %s', async (statement) => {
    const before = await asPlatform('select * from agent, api_key, model_price, usage_call order by 1, 2, 3, 4, 5, 6');
    await asTenant(acme, statement);
    expect(await asPlatform('select * from agent, api_key, model_price, usage_call order by 1, 2, 3, 4, 5, 6')).toEqual(
      before,
    );
  });

  it('refuses a price of the platform to a tenant', async () => {
    await expect(
      asTenant(acme, `update model_price set effective_to = now() + interval '1 day' where tenant_id is null`),
    ).rejects.toMatchObject(refused);
  });

  it.each([
    `update audit_event set actor = 'nobody'`,
    'delete from audit_event',
    'truncate audit_event',
    'delete from usage_call',
    'truncate usage_call',
    'update usage_call set input_tokens = 0',
    'update statement_line set cost_usd = 0',
    'delete from statement_line',
    'update statement_adjustment set cost_usd = 0',
    'delete from statement_adjustment',
    'update closed_month set to_at = now()',
    'update adjustment set cost_usd = 0',
    'alter table usage_call disable row level security',
    'drop policy own_tenant on usage_call',
    'create table theirs (id int)',
  ])('lets nobody who serves rewrite history or rules: %s', async (statement) => {
    await expect(asPlatform(statement)).rejects.toMatchObject(refused);
    await expect(asTenant(acme, statement)).rejects.toMatchObject(refused);
  });

  it('lets the platform alone change a cost, which is what repricing does', async () => {
    await expect(asTenant(acme, `update usage_call set cost_source = 'CALLER'`)).rejects.toMatchObject(refused);
    await expect(asPlatform('update usage_call set output_tokens = 0')).rejects.toMatchObject(refused);
  });

  it('ends with the transaction, whatever comes of it', async () => {
    const who = `select current_user::text as name, current_setting('app.tenant', true) as tenant`;
    await expect(asTenant(acme, 'select 1 / 0')).rejects.toMatchObject({ code: '22012' });
    await expect(
      forkForTenant(database.orm, acme).transactional(async (em) => {
        await em.execute('select 1 / 0');
      }),
    ).rejects.toMatchObject({ code: '22012' });
    // More than there are connections.
    for (let no = 0; no < 6; no++) {
      const [row] = await asPlatform<{ name: string; tenant: string | null }>(who);
      expect([row?.name, row?.tenant || null]).toEqual([platformRole, null]);
    }
  });

  it('refuses to write in a session that is only to read', async () => {
    const em = forkForTenant(database.orm, acme, { readOnly: true });
    expect(await em.execute('select tenant_id from agent')).toEqual([{ tenant_id: 'acme' }]);
    await expect(em.execute(`update agent set name = 'x'`)).rejects.toMatchObject({ code: '25006' });
  });

  it('refuses a platform viewer to write, whatever a resolver asks for', async () => {
    const em = forkForPrincipal(database.orm, platformPrincipal('PLATFORM_VIEWER', 'key:viewer'));
    expect(await em.execute('select tenant_id from agent order by tenant_id')).toEqual([
      { tenant_id: 'acme' },
      { tenant_id: 'globex' },
    ]);
    await expect(em.execute(`update agent set name = 'x'`)).rejects.toMatchObject({ code: '25006' });
    await expect(em.transactional((em) => em.execute(`delete from agent`))).rejects.toMatchObject({ code: '25006' });
  });
});
