import { tenantId, type TenantId } from '../../values/identifier.ts';
import { ValidationError } from '../../values/errors.ts';
import { formatOfName, type Format } from '../call-file.ts';
import { parseFieldMap } from './field-map.ts';
import { ImportError } from './import-error.ts';
import { jsonNotation, textNotation } from './notation.ts';
import { timeReader } from './read-time.ts';
import { toCall, type CallReading } from './to-call.ts';

/** Options of an import. */
export interface ImportOptions {
  file: string;
  tenant: string;
  /** `field=column` lists. */
  map?: readonly string[] | undefined;
  /** `field=constant` lists. */
  set?: readonly string[] | undefined;
  /** When left out, it follows from the name of the file. */
  format?: Format | undefined;
  /** IANA name of the time zone of times without an offset. */
  timezone?: string | undefined;
  /** Distinguishes equal records that come from different sources. */
  source?: string | undefined;
  /** Path of the file for rejected records. */
  rejects?: string | undefined;
  /** Whether records may be later snapshots of calls that are recorded. */
  replaces?: boolean | undefined;
}

export interface ImportPlan {
  file: string;
  tenant: TenantId;
  format: Format;
  reading: CallReading;
  source: string | undefined;
  rejects: string;
  replaces: boolean;
}

/**
 * Checks everything about an import that can be checked without reading the file.
 * @throws {ImportError} listing every problem.
 */
export function planImport(options: ImportOptions): ImportPlan {
  const format = options.format ?? formatOf(options.file);
  const fields = parseFieldMap(options.map ?? [], options.set ?? []);
  const reading = {
    fields,
    notation: format === 'csv' ? textNotation : jsonNotation,
    time: timeReader(options.timezone),
  };
  const problems = [
    ...problemOf('--tenant', () => tenantId(options.tenant, 'tenant')),
    // One by one, so that every problem is listed.
    ...[...fields.constants].flatMap((constant) =>
      problemOf('--set', () => toCall({}, { ...reading, fields: { ...fields, constants: new Map([constant]) } })),
    ),
  ];
  if (problems.length > 0) throw new ImportError(problems);
  return {
    file: options.file,
    tenant: tenantId(options.tenant),
    format,
    reading,
    source: options.source,
    replaces: options.replaces ?? false,
    rejects: options.rejects ?? `${options.file}.rejected.ndjson`,
  };
}

function formatOf(file: string): Format {
  const format = formatOfName(file);
  if (!format)
    throw new ImportError([`Cannot tell the format from the name ${file}: add --format csv or --format ndjson`]);
  return format;
}

function problemOf(option: string, check: () => unknown): string[] {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof ValidationError) return [`${option}: ${error.message}`];
    throw error;
  }
}
