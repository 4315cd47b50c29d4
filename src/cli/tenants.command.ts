import { Command } from 'commander';
import type { Tenant } from '../tenancy/tenant.entity.ts';
import { listTenants } from '../tenancy/tenant.repository.ts';
import { createTenant, deleteTenant } from '../tenancy/tenant.service.ts';
import { maxPageSize } from '../graphql/connection.ts';
import { tenantId } from '../values/identifier.ts';
import type { Orm } from '../database/orm.ts';
import { tenantDeletion } from '../tenant-deletion.ts';
import { operator } from '../caller/principal.ts';
import { parseTimeZone } from '../values/time-zone.ts';
import { readRequired } from '../values/unreadable.ts';
import { withDatabase } from './with-database.ts';

const list = () =>
  new Command('list').description('print all tenants, ordered by id: id, time zone, name').action(() =>
    withDatabase(async (orm) => {
      for await (const { id, timezone, name } of everyTenant(orm))
        process.stdout.write(`${[id, timezone, name].join('\t')}\n`);
    }),
  );

async function* everyTenant(orm: Orm): AsyncGenerator<Tenant> {
  let after: string[] | undefined;
  do {
    const tenants = await listTenants(orm.em.fork(), { first: maxPageSize, after });
    yield* tenants.slice(0, maxPageSize);
    const last = tenants[maxPageSize - 1];
    after = last && tenants.length > maxPageSize ? [last.id] : undefined;
  } while (after);
}

const create = () =>
  new Command('create')
    .description('create a tenant')
    .argument('<id>', 'id by which calls and keys name the tenant')
    .option('--name <name>', 'display name (default: the id)')
    .option('--timezone <zone>', 'time zone in which its days begin, such as Europe/Berlin', 'UTC')
    .action(async (named: string, { name = named, timezone }: { name?: string; timezone: string }) => {
      const id = tenantId(named, 'id');
      const tenant = { id, name, timezone: readRequired(parseTimeZone(timezone), 'timezone') };
      await withDatabase(async (orm, clock) => {
        await createTenant(orm.em.fork(), operator, tenant, clock());
        process.stderr.write(`Created the tenant '${id}'.\n`);
      });
    });

const remove = () =>
  new Command('delete')
    .description('delete a tenant that has no calls, with its agents, keys, prices and summaries')
    .argument('<id>', 'id of the tenant')
    .action(async (named: string) => {
      const id = tenantId(named, 'id');
      await withDatabase(async (orm, clock) => {
        await deleteTenant(orm.em.fork(), operator, id, tenantDeletion, clock());
        process.stderr.write(`Deleted the tenant '${id}'.\n`);
      });
    });

export function tenantsCommand(): Command {
  const tenants = new Command('tenants').description('manage tenants');
  for (const command of [list(), create(), remove()]) tenants.addCommand(command);
  return tenants;
}
