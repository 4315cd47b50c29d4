import { Command } from 'commander';
import { rebuild } from '../rollup/rebuild.service.ts';
import { formatCount } from '../transfer/import/progress.ts';
import { tenantsOf } from './tenants-of.ts';
import { withDatabase } from './with-database.ts';

/** `rebuild`: rebuilds the summaries from the ledger while gateways on the same server keep recording and answering. */
export const rebuildCommand = (): Command =>
  new Command('rebuild')
    .description('rebuild the summaries behind reports from the ledger; reports stay correct meanwhile')
    .option('--tenant <id>', 'tenant whose summaries are rebuilt (default: all tenants)')
    .action(async ({ tenant }: { tenant?: string }) => {
      await withDatabase(async (orm) => {
        const tenants = await tenantsOf(orm, tenant);
        for (const id of tenants) await rebuild(orm.em.fork(), id);
        process.stdout.write(
          `Rebuilt the summaries of ${formatCount(tenants.length)} ${tenants.length === 1 ? 'tenant' : 'tenants'}.\n`,
        );
      });
    });
