import { Command, InvalidArgumentError, Option } from 'commander';
import type { ApiKey } from '../access/api-keys/api-key.entity.ts';
import { apiKeyPrefix } from '../access/api-keys/api-key-format.ts';
import { listApiKeys } from '../access/api-keys/api-key.repository.ts';
import { createApiKey, revokeApiKey, rotateApiKey } from '../access/api-keys/api-key.service.ts';
import { parseDateTime } from '../values/date-time.ts';
import { tenantId } from '../values/identifier.ts';
import { operator, type Role, type Scope } from '../caller/principal.ts';
import { readable } from '../values/unreadable.ts';
import { tenantsOf } from './tenants-of.ts';
import { withDatabase } from './with-database.ts';

interface CreateOptions {
  name: string;
  tenant?: string;
  role?: Role;
  scope?: Scope[];
  expires?: string;
  callsPerSecond?: number;
  requestsPerSecond?: number;
}

const create = () =>
  new Command('create')
    .description('create an API key and print it; it cannot be shown again')
    .requiredOption('--name <name>', 'display name')
    .option('--tenant <id>', 'tenant of the key; none with a role for all tenants')
    .addOption(
      new Option('--role <role>', 'role of the holder').choices([
        'SUPERUSER',
        'PLATFORM_VIEWER',
        'TENANT_ADMIN',
        'TENANT_MEMBER',
      ]),
    )
    .addOption(new Option('--scope <scope...>', 'scopes of a service key').choices(['usage:read', 'usage:write']))
    .option('--expires <time>', 'expiry, like 2027-01-01T00:00:00Z (default: never)')
    .option('--calls-per-second <number>', "its own rate limit of calls (default: the gateway's setting)", Number)
    .option('--requests-per-second <number>', "its own rate limit of requests (default: the gateway's setting)", Number)
    .action(async ({ name, tenant, role, scope, expires, callsPerSecond, requestsPerSecond }: CreateOptions) => {
      const input = {
        tenantId: tenant === undefined ? undefined : tenantId(tenant, 'tenant'),
        name,
        role,
        scopes: scope,
        expiresAt: expires === undefined ? undefined : readable(parseDateTime(expires), 'expires'),
        rateLimit: { callsPerSecond, requestsPerSecond },
      };
      await withDatabase(async (orm, clock) => {
        const { secret } = await createApiKey(orm.em.fork(), operator, input, clock());
        process.stdout.write(`${secret}\n`);
      });
    });

const list = () =>
  new Command('list')
    .description('print the API keys, newest first: beginning, role or scopes, state, name')
    .option('--tenant <id>', 'tenant of the keys (default: those with a role for all tenants)')
    .action(({ tenant }: { tenant?: string }) =>
      withDatabase(async (orm, clock) => {
        const [id = null] = tenant === undefined ? [] : await tenantsOf(orm, tenant);
        const now = clock();
        for (const key of await listApiKeys(orm.em.fork(), id)) process.stdout.write(`${describe(key, now)}\n`);
      }),
    );

const describe = (key: ApiKey, now: Date) =>
  [apiKeyPrefix(key.id), key.role ?? key.scopes.join(' '), stateOf(key, now), key.name].join('\t');

function stateOf({ revokedAt, expiresAt }: ApiKey, now: Date): string {
  if (revokedAt) return `revoked ${revokedAt.toISOString()}`;
  if (!expiresAt) return 'valid';
  return `${expiresAt > now ? 'valid until' : 'expired'} ${expiresAt.toISOString()}`;
}

const rotate = () =>
  new Command('rotate')
    .description('give an API key a new secret and print it; it cannot be shown again')
    .argument('<id>', 'id or beginning of the key')
    .option('--grace <seconds>', 'how long the current secret stays valid', wholeNumber, 0)
    .action((key: string, { grace }: { grace: number }) =>
      withDatabase(async (orm, clock) => {
        const asked = { id: idOf(key), graceSeconds: grace };
        const { secret } = await rotateApiKey(orm.em.fork(), operator, asked, clock());
        process.stdout.write(`${secret}\n`);
      }),
    );

const revoke = () =>
  new Command('revoke')
    .description('revoke an API key for good')
    .argument('<id>', 'id or beginning of the key')
    .action((key: string) =>
      withDatabase(async (orm, clock) => {
        const { id, name } = await revokeApiKey(orm.em.fork(), operator, idOf(key), clock());
        process.stderr.write(`Revoked the key '${id}' (${name}).\n`);
      }),
    );

/** Lists show the beginning of keys. */
const idOf = (key: string) => key.replace(/^ugk_/, '');

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

export function keysCommand(): Command {
  const keys = new Command('keys').description('manage API keys');
  for (const command of [create(), list(), rotate(), revoke()]) keys.addCommand(command);
  return keys;
}
