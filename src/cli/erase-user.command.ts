import { Command } from 'commander';
import { operator } from '../caller/principal.ts';
import { forkForPlatform } from '../database/session.ts';
import { eraseUser, previewErasure } from '../erasure/erase-user.service.ts';
import { erasureOfPeople } from '../erasure-of-people.ts';
import { formatCount } from '../transfer/import/progress.ts';
import { tenantsOf } from './tenants-of.ts';
import { withDatabase } from './with-database.ts';

interface Options {
  tenant: string;
  user: string;
  reason: string;
  yes?: true;
}

/** `erase-user`: tells how many calls a user has, and takes the user out of everything with `--yes`. */
export const eraseUserCommand = (): Command =>
  new Command('erase-user')
    .description('erase a user of a tenant and leave every sum as it was; without --yes only tell how many calls')
    .requiredOption('--tenant <id>', 'tenant of the user')
    .requiredOption('--user <id>', 'the user, as calls name it')
    .requiredOption('--reason <text>', 'why, for the audit log')
    .option('--yes', 'erase the user, which cannot be undone')
    .action(async ({ tenant, user: userId, reason, yes }: Options) => {
      await withDatabase(async (orm, clock) => {
        const em = forkForPlatform({ orm });
        for (const tenantId of await tenantsOf(orm, tenant)) {
          const asked = { tenantId, userId, reason };
          const { calls } = yes
            ? await eraseUser(em, operator, asked, erasureOfPeople, clock())
            : await previewErasure(em, asked, clock());
          process.stdout.write(
            yes
              ? `Erased the user from ${formatCount(calls)} calls.\n`
              : `The user has ${formatCount(calls)} calls. Nothing was changed; --yes erases the user.\n`,
          );
        }
      });
    });
