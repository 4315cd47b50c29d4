import { Command, Option } from 'commander';
import { findTenants } from '../tenancy/tenant.repository.ts';
import { NotFoundError, OperatorError } from '../values/errors.ts';
import type { Orm } from '../database/orm.ts';
import { formatCount } from '../transfer/import/progress.ts';
import { exportCalls } from '../transfer/export/export-calls.ts';
import { planExport, type ExportOptions, type ExportPlan } from '../transfer/export/plan.ts';
import { dimensions } from '../rollup/dimensions.ts';
import { interruptible } from './interruptible.ts';
import { outputProblem, writeWhole } from './whole-file.ts';
import { withDatabase } from './with-database.ts';

const exitCodes = { failed: 1, interrupted: 130 };

/** `export`: writes the calls of a tenant as CSV or NDJSON, to be read by people, programs and `import`. */
export function exportCommand(): Command {
  return new Command('export')
    .description('write the calls of a tenant as CSV or NDJSON, oldest first; import takes the file back as it was')
    .requiredOption('--tenant <id>', 'tenant whose calls are written, voided ones too')
    .option('--from <time>', 'begin of the window, like 2026-04-01T00:00:00Z; the first call when left out')
    .option('--to <time>', 'end of the window, which does not belong to it; now when left out')
    .option(
      '--filter <field=value>',
      `which calls, by ${dimensions.map(({ name }) => name).join(', ')}; may be repeated`,
      collect,
    )
    .addOption(
      new Option('--format <format>', "told from the output's name when left out, else csv").choices(['csv', 'ndjson']),
    )
    .option('--output <file>', 'file to write, gzipped when its name ends with .gz; standard output when left out')
    .addHelpText('after', '\nFilters of one field are ORed, fields are ANDed: --filter model=a --filter model=b.')
    .action(async (options: ExportOptions) => {
      try {
        await interruptible((signal) => run(options, signal));
      } catch (error) {
        const { exitCode, message } = endingOf(error);
        process.stderr.write(message);
        process.exitCode = exitCode;
      }
    });
}

const collect = (value: string, earlier: string[] = []) => [...earlier, value];

async function run(options: ExportOptions, signal: AbortSignal): Promise<void> {
  // Before a database is opened, or even made, for nothing.
  const plan = planExport(options, new Date());
  const problem = plan.output === undefined ? undefined : await outputProblem(plan.output);
  if (problem) throw new OperatorError(`--output: ${problem}`);
  await withDatabase(async (orm) => {
    const startedMs = performance.now();
    const calls = await write(orm, plan, signal);
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    process.stderr.write(`exported ${formatCount(calls)} calls in ${seconds} s\n`);
  });
}

async function write(orm: Orm, plan: ExportPlan, signal: AbortSignal): Promise<number> {
  if ((await findTenants(orm.em.fork(), [plan.tenant])).length === 0)
    throw new NotFoundError(`There is no tenant '${plan.tenant}'.`, 'tenant');
  if (plan.output === undefined) return exportCalls(orm, plan, process.stdout, signal);
  return writeWhole(plan.output, (file) => exportCalls(orm, plan, file, signal));
}

/** How the command ends after a failure that says enough to whoever called it; throws every other one. */
function endingOf(error: unknown): { exitCode: number; message: string } {
  if (!(error instanceof Error) || !('code' in error)) throw error;
  // Who read it has enough.
  if (error.code === 'EPIPE') return { exitCode: 0, message: '' };
  if (error.code === 'ABORT_ERR') return { exitCode: exitCodes.interrupted, message: 'stopped before the end\n' };
  if ('syscall' in error) return { exitCode: exitCodes.failed, message: `${error.message}\n` };
  throw error;
}
