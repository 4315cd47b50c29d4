import { Command, Option } from 'commander';
import { loadConfig } from '../platform/config.ts';
import { parseDateTime } from '../platform/date-time.ts';
import { tenantId } from '../platform/identifier.ts';
import type { Role, Scope } from '../platform/principal.ts';
import { readable } from '../platform/unreadable.ts';
import { createApiKey } from '../access/api-key.service.ts';
import { NotFoundError } from '../platform/errors.ts';
import { openDatabase } from '../database.ts';
import { findTenants } from '../identity/tenant.repository.ts';

interface CreateOptions {
  name: string;
  tenant?: string;
  role?: Role;
  scope?: Scope[];
  expires?: string;
}

const create = new Command('create')
  .description('make an API key and print it; it is not to be had again')
  .requiredOption('--name <name>', 'name for people')
  .option('--tenant <id>', "tenant that it belongs to; none for a superuser's key")
  .addOption(new Option('--role <role>', 'role of its holder').choices(['SUPERUSER', 'TENANT_ADMIN', 'TENANT_MEMBER']))
  .addOption(new Option('--scope <scope...>', 'scopes of a service key').choices(['usage:read', 'usage:write']))
  .option('--expires <time>', 'when it ends, like 2027-01-01T00:00:00Z; never when left out')
  .action(async (options: CreateOptions) => {
    const database = await openDatabase(loadConfig(process.env));
    try {
      const em = database.orm.em.fork();
      const tenant = options.tenant === undefined ? undefined : tenantId(options.tenant, 'tenant');
      if (tenant !== undefined && (await findTenants(em, [tenant])).length === 0)
        throw new NotFoundError(`There is no tenant '${tenant}'.`, 'tenant');
      const expiresAt = options.expires === undefined ? undefined : readable(parseDateTime(options.expires), 'expires');
      const input = { tenantId: tenant, name: options.name, role: options.role, scopes: options.scope, expiresAt };
      const { secret } = await createApiKey(em, input, new Date());
      process.stdout.write(`${secret}\n`);
    } finally {
      await database.close();
    }
  });

export const keysCommand = (): Command => new Command('keys').description('API keys').addCommand(create);
