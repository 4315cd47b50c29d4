import { OperatorError } from '../../values/errors.ts';
import { readDays, type DayOptions, type Days } from './read-days.ts';

/** Options of a FOCUS export. */
export interface FocusOptions extends DayOptions {
  filter?: readonly string[] | undefined;
  /** File to write, CSV or Parquet by its name; standard output, as CSV, when left out. */
  output?: string | undefined;
}

export interface FocusPlan extends Days {
  format: 'csv' | 'parquet';
  gzip: boolean;
  output: string | undefined;
}

/**
 * Checks everything about a FOCUS export that can be checked without the database.
 * @throws {OperatorError} listing every problem, by option.
 */
export function planFocus(options: FocusOptions, now: Date): FocusPlan {
  const problems: string[] = [];
  const days = readDays(options, now, problems);
  if (options.filter?.length) problems.push('--filter: a FOCUS export has all calls of its days');
  const name = options.output?.toLowerCase();
  const format = name?.endsWith('.parquet') ? 'parquet' : 'csv';
  if (name !== undefined && !/\.(csv|csv\.gz|parquet)$/.test(name))
    problems.push(
      `--output: cannot tell the format from the name ${options.output}: end it with .csv, .csv.gz or .parquet`,
    );
  if (problems.length > 0 || !days) throw new OperatorError(problems.join('\n'));
  return { ...days, format, gzip: name?.endsWith('.gz') ?? false, output: options.output };
}
