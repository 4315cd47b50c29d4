import { Command } from 'commander';
import { rebuild } from '../rollup/rebuild.service.ts';
import { tenantsOf } from './tenants-of.ts';
import { withDatabase } from './with-database.ts';

/** `rebuild`: makes the summaries anew from the ledger, while gateways on the same server go on recording and answering. */
export const rebuildCommand = (): Command =>
  new Command('rebuild')
    .description('make the summaries that reports are answered from anew from the ledger; reports stay right meanwhile')
    .option('--tenant <id>', 'tenant whose summaries are made anew; every tenant when left out')
    .action(async ({ tenant }: { tenant?: string }) => {
      await withDatabase(async (orm) => {
        const tenants = await tenantsOf(orm, tenant);
        for (const id of tenants) await rebuild(orm.em.fork(), id);
        process.stdout.write(`The summaries of ${tenants.length} tenants were made anew.\n`);
      });
    });
