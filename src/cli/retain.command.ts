import { SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { operator } from '../caller/principal.ts';
import type { Orm } from '../database/orm.ts';
import { countCallsBefore } from '../retention/retention.repository.ts';
import { findDue, forgetSome, keepSummaries, type Due } from '../retention/retention.service.ts';
import { loadConfig } from '../settings/config.ts';
import { formatCount } from '../transfer/import/progress.ts';
import type { Clock } from '../values/clock.ts';
import { interruptible } from './interruptible.ts';
import { tenantsOf } from './tenants-of.ts';
import { withDatabase } from './with-database.ts';

const exitCodes = { interrupted: 130 };

/** `retain`: has calls leave the ledger that are older than their tenants keep them, as gateways do every hour. */
export const retainCommand = (): Command =>
  new Command('retain')
    .description('have calls leave the ledger that are older than they are kept for; their summaries stay')
    .option('--tenant <id>', 'tenant whose calls leave (default: all tenants)')
    .option('--dry-run', 'only say which calls would leave')
    .addHelpText('after', '\nExit status: 0 done, 1 failed, 130 stopped by Ctrl-C; run it again to go on.')
    .action(async ({ tenant, dryRun = false }: { tenant?: string; dryRun?: boolean }) => {
      const { retentionDays } = loadConfig(process.env);
      await withDatabase((orm, clock) =>
        interruptible(async (signal) => {
          const tenants = tenant === undefined ? undefined : await tenantsOf(orm, tenant);
          const due = await findDue(orm.em.fork(), tenants, retentionDays, clock());
          if (due.length === 0) process.stdout.write('No calls are older than they are kept for.\n');
          for (const next of due) {
            const leave = dryRun ? undefined : { clock, signal };
            process.stdout.write(`${await oneTenant(orm, next, leave)}\n`);
            if (!signal.aborted) continue;
            process.exitCode = exitCodes.interrupted;
            return;
          }
        }),
      );
    });

/** Has the calls of a tenant leave, or only counts them, and returns what to say about it. */
async function oneTenant(
  orm: Orm,
  due: Due,
  leave: { clock: Clock; signal: AbortSignal } | undefined,
): Promise<string> {
  const { tenantId, horizon } = due;
  const from = horizon.toISOString();
  const calls = await countCallsBefore(orm.em.fork(), tenantId, horizon);
  if (!leave) return `${tenantId}: ${formatCount(calls)} calls from before ${from} would leave the ledger`;
  await keepSummaries(orm.em.fork(), operator, due, leave.clock());
  process.stdout.write(
    `${tenantId}: summaries of what is from before ${from} are made; deleting ${formatCount(calls)} calls\n`,
  );
  const progress = createProgress(tenantId, calls);
  let gone = 0;
  try {
    for (let step = -1; step !== 0 && !leave.signal.aborted;) {
      step = await forgetSome(orm.em.fork(), tenantId);
      progress.update((gone += step));
    }
  } finally {
    progress.stop();
  }
  const done = `${tenantId}: ${formatCount(gone)} calls from before ${from} left the ledger`;
  return leave.signal.aborted ? `${done}; run it again to go on` : done;
}

/** A bar on a terminal; elsewhere the line at the end is enough. */
function createProgress(tenantId: string, calls: number, stream = process.stderr): Pick<SingleBar, 'update' | 'stop'> {
  const bar = new SingleBar({
    stream,
    format: `${tenantId} [{bar}] {percentage} % | {value} of {total} calls | {eta_formatted} left`,
    hideCursor: true,
    // Ctrl-C waits for the step that runs.
    gracefulExit: false,
    noTTYOutput: false,
  });
  bar.start(calls, 0);
  return bar;
}
