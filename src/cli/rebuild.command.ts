import { Command } from 'commander';
import { openDatabase } from '../database.ts';
import { loadConfig } from '../platform/config.ts';
import { rebuild } from '../rollup/rebuild.service.ts';
import { tenantsOf } from './tenants-of.ts';

/** `rebuild`: makes the summaries anew from the ledger, while gateways on the same server go on recording and answering. */
export const rebuildCommand = (): Command =>
  new Command('rebuild')
    .description('make the summaries that reports are answered from anew from the ledger; reports stay right meanwhile')
    .option('--tenant <id>', 'tenant whose summaries are made anew; every tenant when left out')
    .action(async ({ tenant }: { tenant?: string }) => {
      const database = await openDatabase(loadConfig(process.env));
      try {
        const tenants = await tenantsOf(database.orm, tenant);
        for (const id of tenants) await rebuild(database.orm.em.fork(), id);
        process.stdout.write(`The summaries of ${tenants.length} tenants were made anew.\n`);
      } finally {
        await database.close();
      }
    });
