import { Command, Option } from 'commander';
import { findTenants } from '../tenancy/tenant.repository.ts';
import { NotFoundError, OperatorError } from '../values/errors.ts';
import type { Orm } from '../database/orm.ts';
import { formatCount } from '../transfer/import/progress.ts';
import { exportCalls } from '../transfer/export/export-calls.ts';
import { planExport, type ExportOptions, type ExportPlan } from '../transfer/export/plan.ts';
import { dimensions } from '../rollup/dimensions.ts';
import { systemClock } from '../values/clock.ts';
import { exportFormats, type ExportFormat } from '../transfer/call-file.ts';
import { runFocus, type FocusCommandOptions } from './export-focus.ts';
import { interruptible } from './interruptible.ts';
import { outputProblem, writeWhole } from './whole-file.ts';
import { withDatabase } from './with-database.ts';

const exitCodes = { failed: 1, interrupted: 130 };

/** `export`: writes the calls of a tenant, for people, programs and `import`, or what calls cost, for finance teams. */
export function exportCommand(): Command {
  return new Command('export')
    .description(
      'write the calls of a tenant as CSV or NDJSON, oldest first, which import restores without loss; or what calls cost in the form of FOCUS 1.2',
    )
    .option('--tenant <id>', 'tenant whose calls are written, voided ones included; FOCUS has all tenants without it')
    .option('--from <time>', 'start of the window, like 2026-04-01T00:00:00Z (default: the first call)')
    .option('--to <time>', 'end of the window, exclusive (default: now)')
    .option(
      '--filter <field=value>',
      `which calls, by ${dimensions.map(({ name }) => name).join(', ')}; can be repeated`,
      collect,
    )
    .addOption(
      new Option('--format <format>', 'format of the file (default: by the name of the output, else csv)').choices([
        ...exportFormats,
        'focus',
      ]),
    )
    .option('--output <file>', 'file to write, gzipped if its name ends with .gz (default: standard output)')
    .option('--file <file>', 'the same as --output')
    .addHelpText('after', '\nFilters of one field are ORed, fields are ANDed: --filter model=a --filter model=b.')
    .addHelpText(
      'after',
      'FOCUS has a row for each UTC day, provider, model, tags and class of tokens or unit: --format focus --output x.parquet',
    )
    .action(async ({ file, format, ...given }: Given) => {
      const output = given.output ?? file;
      try {
        await interruptible((signal) =>
          format === 'focus' ? runFocus({ ...given, output }, signal) : run({ ...given, output, format }, signal),
        );
      } catch (error) {
        const { exitCode, message } = endingOf(error);
        process.stderr.write(message);
        process.exitCode = exitCode;
      }
    });
}

/** Options as commander reads them. */
interface Given extends FocusCommandOptions {
  format?: ExportFormat | 'focus';
  file?: string;
}

const collect = (value: string, earlier: string[] = []) => [...earlier, value];

async function run(options: ExportOptions, signal: AbortSignal): Promise<void> {
  // Before a database is opened or even created in vain.
  const { output } = planExport(options, systemClock());
  const problem = output === undefined ? undefined : await outputProblem(output);
  if (problem) throw new OperatorError(`--output: ${problem}`);
  await withDatabase(async (orm, clock) => {
    const plan = planExport(options, clock());
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

/** How the command ends after a failure that the user can understand; throws every other one. */
function endingOf(error: unknown): { exitCode: number; message: string } {
  if (!(error instanceof Error) || !('code' in error)) throw error;
  // The reader has enough.
  if (error.code === 'EPIPE') return { exitCode: 0, message: '' };
  if (error.code === 'ABORT_ERR') return { exitCode: exitCodes.interrupted, message: 'stopped before the end\n' };
  if ('syscall' in error) return { exitCode: exitCodes.failed, message: `${error.message}\n` };
  throw error;
}
