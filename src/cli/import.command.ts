import { stat } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { formats } from '../transfer/call-file.ts';
import { importFile, statementsOnServer, type ImportResult } from '../transfer/import/import-file.ts';
import { ImportError } from '../transfer/import/import-error.ts';
import { planImport, type ImportOptions } from '../transfer/import/plan.ts';
import { presetNames } from '../transfer/import/presets/preset.ts';
import { createProgress, formatCount, total } from '../transfer/import/progress.ts';
import { loadConfig } from '../settings/config.ts';
import { linesAsTyped } from './as-typed.ts';
import { interruptible } from './interruptible.ts';
import { withDatabase } from './with-database.ts';

/** Exit codes; 0 when every record was imported. */
const exitCodes = { failed: 1, someRejected: 2, interrupted: 130 };

/** `import FILE`: records the calls of a CSV or NDJSON file and sets the exit code. */
export function importCommand(): Command {
  return new Command('import')
    .description('record the calls of a CSV, NDJSON or JSON file, gzipped or not; importing it again adds nothing')
    .argument('<file>', 'file to import: .csv, .ndjson, .jsonl or .json')
    .requiredOption('--tenant <id>', 'tenant to record for; created if it does not exist')
    .addOption(
      new Option(
        '--preset <system>',
        'system that wrote the file: its spend log, observations or usage export',
      ).choices(presetNames),
    )
    .option('--map <pairs>', 'field=column pairs, such as occurredAt=TIMESTAMP,inputTokens=usage.input_tokens', collect)
    .option('--set <pairs>', 'field=constant pairs, such as provider=azure,model=gpt-4', collect)
    .option('--timezone <zone>', 'time zone of times without an offset, such as Europe/Berlin')
    .option('--source <name>', 'keeps equal records of different sources apart when they have no requestId')
    .option('--replaces', 'let later snapshots of a call, with more output tokens, take the place of earlier ones')
    .option('--rejects <file>', 'file for rejected records (default: FILE.rejected.ndjson)')
    .addOption(new Option('--format <format>', 'format of the file (default: by its name)').choices([...formats]))
    .addHelpText('after', '\nExit status: 0 all imported, 2 some records rejected, 1 failed, 130 stopped by Ctrl-C.')
    .action(async (file: string, options: Omit<ImportOptions, 'file'>) => {
      try {
        process.exitCode = await interruptible((signal) => run({ ...options, file }, signal));
      } catch (error) {
        if (!isOperators(error)) throw error;
        process.stderr.write(`${linesAsTyped(error.message)}\n`);
        process.exitCode = exitCodes.failed;
      }
    });
}

const collect = (value: string, earlier: string[] = []) => [...earlier, value];

async function run(options: ImportOptions, signal: AbortSignal): Promise<number> {
  // Before a database is opened or even created in vain.
  planImport(options);
  const { size } = await stat(options.file);
  const statements = loadConfig(process.env).databaseUrl ? statementsOnServer : 1;
  return withDatabase(async (orm, clock) => {
    const progress = createProgress(size);
    const startedMs = performance.now();
    const result = await importFile(orm, options, { progress, signal, clock, statements }).finally(() =>
      progress.stop(),
    );
    const seconds = (performance.now() - startedMs) / 1000;
    process.stdout.write(`${summary(result, seconds)}\n`);
    return exitCode(result);
  });
}

function exitCode({ interrupted, rejected }: ImportResult): number {
  if (interrupted) return exitCodes.interrupted;
  return rejected > 0 ? exitCodes.someRejected : 0;
}

function summary(result: ImportResult, seconds: number): string {
  const { recorded, replaced, duplicates, rejected, rejectionReasons } = result;
  const lines = [
    `recorded ${formatCount(recorded)}, ${replaced > 0 ? `replaced ${formatCount(replaced)}, ` : ''}duplicates ${formatCount(duplicates)}, rejected ${formatCount(rejected)} ` +
      `in ${seconds.toFixed(1)} s (${formatCount(Math.round(total(result) / seconds))} records a second)`,
  ];
  if (result.passedOver > 0) lines.push(`passed over ${formatCount(result.passedOver)} records that are no calls`);
  if (rejectionReasons !== undefined) lines.push(rejectionReasons);
  if (result.rejectsFile) lines.push(`rejected records, each with its reason: ${result.rejectsFile}`);
  if (result.interrupted) lines.push('stopped before the end of the file; run the same import again to go on');
  return lines.join('\n');
}

/** Errors that the user can fix: in the options, or a file that cannot be read or written. */
const isOperators = (error: unknown): error is Error =>
  error instanceof ImportError || (error instanceof Error && 'syscall' in error);
