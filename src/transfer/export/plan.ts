import { parseDateTime } from '../../values/date-time.ts';
import { OperatorError, ValidationError } from '../../values/errors.ts';
import { tenantId, type TenantId } from '../../values/identifier.ts';
import { readable } from '../../values/unreadable.ts';
import { formatOfName, type ExportFormat } from '../call-file.ts';
import type { LedgerWindow } from '../../reporting/ledger.repository.ts';
import type { UsageFilters } from '../../reporting/query/report-query.ts';
import { readWindow } from '../../reporting/window.ts';
import { parseFilters } from './parse-filters.ts';

/** Options of an export. */
export interface ExportOptions {
  tenant?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  /** `field=value` pairs. */
  filter?: readonly string[] | undefined;
  /** When left out, it follows from the name of the output. */
  format?: ExportFormat | undefined;
  /** File to write; standard output when left out. */
  output?: string | undefined;
}

export interface ExportPlan {
  tenant: TenantId;
  window: LedgerWindow;
  filters: UsageFilters;
  format: ExportFormat;
  output: string | undefined;
  gzip: boolean;
}

/**
 * Checks everything about an export that can be checked without the database.
 * @throws {OperatorError} listing every problem, by option.
 */
export function planExport(options: ExportOptions, now: Date): ExportPlan {
  const { output } = options;
  const problems: string[] = [];
  if (options.tenant === undefined) problems.push('--tenant: name the tenant whose calls are written');
  const tenant = checked('--tenant', () => tenantId(options.tenant ?? 'none', 'tenant'), problems);
  const window = readTimes(options, now, problems);
  const filters = parseFilters(options.filter ?? [], problems);
  const format = options.format ?? (output === undefined ? 'csv' : formatOfName(output));
  if (!format || format === 'json')
    problems.push(`--output: cannot tell the format from the name ${output}: add --format csv or --format ndjson`);
  if (problems.length > 0 || !tenant || !window || !format || format === 'json')
    throw new OperatorError(problems.join('\n'));
  return { tenant, window, filters, format, output, gzip: output?.toLowerCase().endsWith('.gz') ?? false };
}

function readTimes({ from, to }: ExportOptions, now: Date, problems: string[]): LedgerWindow | undefined {
  const times = {
    from: from === undefined ? undefined : parseDateTime(from),
    to: to === undefined ? undefined : parseDateTime(to),
  };
  const known = problems.length;
  for (const field of ['from', 'to'] as const) checked(`--${field}`, () => readable(times[field], field), problems);
  if (problems.length > known) return undefined;
  return checked(to === undefined ? '--from' : '--to', () => readWindow(times, now), problems);
}

function checked<T>(option: string, read: () => T, problems: string[]): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    problems.push(`${option}: ${error.message}`);
    return undefined;
  }
}
