import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tenantDeletion } from '../../src/tenant-deletion.ts';
import { CreateTenant, DeleteTenant } from '../acceptance/operations.ts';
import { asOwner } from '../support/as-owner.ts';
import { createTestDatabase, describeOnEachDatabase, unavailable } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { rowOf } from '../support/row-of-tenant.ts';

/** Tables of which no room removes what names a tenant, and why. */
const kept: Record<string, string> = {
  tenant: 'its row is deleted last, by the act itself',
  usage_call: 'a tenant with calls is not deleted',
  statement_line: 'a tenant with statements is not deleted',
  statement_adjustment: 'a tenant with statements is not deleted',
  audit_event: 'what was done to the tenant stays written down',
};

describeOnEachDatabase('deleting a tenant', (kind) => {
  it('removes it from every table that names tenants, but for those that are kept', async () => {
    const gateway = await startTestGateway(kind, { folding: false });
    const naming = await asOwner<{ table: string }>(
      gateway.database.orm,
      `select relname as table from pg_class join pg_attribute on attrelid = pg_class.oid and attname = 'tenant_id'
       where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace`,
    ).finally(() => gateway.close());
    const removed = tenantDeletion.rooms.flatMap(({ tables }) => tables);
    expect([...removed, ...Object.keys(kept)].toSorted()).toEqual(naming.map(({ table }) => table).toSorted());
  });
});

const reason = unavailable('postgres');

describe.skipIf(reason)(`deleting a tenant that is being folded${reason ? ` (left out: ${reason})` : ''}`, () => {
  let gateway: TestGateway;
  let fold: pg.Client;
  beforeAll(async () => {
    const database = await createTestDatabase('postgres');
    gateway = await startTestGateway('postgres', { database, folding: false });
    fold = new pg.Client({ connectionString: database.config.databaseUrl });
    await fold.connect();
    await fold.query('set role usage_gateway_platform');
  });
  afterAll(async () => {
    await fold.end();
    await gateway.close();
  });

  const statements = {
    mark: 'select from rollup_mark where tenant_id = $1 for no key update',
    blocked: 'select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))',
    left: `select tenant_id from tenant_summary where tenant_id = $1
      union all select tenant_id from rollup_mark where tenant_id = $1`,
  };

  it('waits for the fold, and removes what the fold has written', async () => {
    const id = 'folded';
    await gateway.ask(CreateTenant, { input: { id, name: id } });
    await fold.query(rowOf['rollup_mark']?.(id) ?? '');
    await fold.query('begin');
    await fold.query(statements.mark, [id]);
    await fold.query(rowOf['tenant_summary']?.(id) ?? '');
    const deletion = gateway.ask(DeleteTenant, { id });
    await expect.poll(async () => (await fold.query(statements.blocked)).rowCount, { interval: 10 }).toBe(1);
    await fold.query('commit');
    await deletion;
    expect((await fold.query(statements.left, [id])).rows).toEqual([]);
  });
});
