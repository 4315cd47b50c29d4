import { Command } from 'commander';
import { compareBudgets, type BudgetDifference } from '../budgets/reconcile-budgets.repository.ts';
import { formatCount } from '../transfer/import/progress.ts';
import type { Difference } from '../rollup/reconcile.repository.ts';
import { reconcile } from '../rollup/reconcile.service.ts';
import { tenantsOf } from './tenants-of.ts';
import { withDatabase } from './with-database.ts';

const shown = 1_000;
const exitCodes = { differing: 1 };

/** `reconcile`: compares the summaries with the ledger and fails when they differ. */
export const reconcileCommand = (): Command =>
  new Command('reconcile')
    .description(
      'compare the summaries behind reports, and what budgets have counted, with the ledger and print each that differs',
    )
    .option('--tenant <id>', 'tenant whose summaries are compared (default: all tenants)')
    .action(async ({ tenant }: { tenant?: string }) => {
      await withDatabase(async (orm) => {
        const tenants = await tenantsOf(orm, tenant);
        const { summaries, differing, differences } = await reconcile(orm.em.fork(), tenants, shown);
        for (const difference of differences) process.stdout.write(`${describe(difference)}\n`);
        if (differing > shown) process.stdout.write(`… and ${formatCount(differing - shown)} more\n`);
        process.stdout.write(`${formatCount(summaries)} summaries compared, ${formatCount(differing)} differ\n`);
        const budgets: BudgetDifference[] = [];
        for (const id of tenants) budgets.push(...(await compareBudgets(orm.em.fork(), id, new Date())));
        for (const difference of budgets) process.stdout.write(`${describeBudget(difference)}\n`);
        if (differing > 0 || budgets.length > 0) process.exitCode = exitCodes.differing;
      });
    });

function describe({ tenantId, table, grain, startsAt, dimensions, columns }: Difference): string {
  const key = JSON.stringify({ tenantId, grain, startsAt, ...dimensions });
  const numbers = columns.map(
    ({ name, stored, expected }) => `${name} ${stored ?? 'missing'}, not ${expected ?? 'there'}`,
  );
  return `${table} ${key}: ${numbers.join('; ')}`;
}

function describeBudget({ stored, expected, storedCalls, expectedCalls, ...key }: BudgetDifference): string {
  const calls = storedCalls === expectedCalls ? '' : `; calls ${storedCalls ?? 'missing'}, not ${expectedCalls}`;
  return `budget_counter ${JSON.stringify(key)}: spent ${stored ?? 'missing'}, not ${expected}${calls}`;
}
