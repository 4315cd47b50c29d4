import { tenantId, type TenantId } from '../../values/identifier.ts';
import { ValidationError } from '../../values/errors.ts';
import { formatOfName, type Format } from '../call-file.ts';
import { parseFieldMap } from './field-map.ts';
import { ImportError } from './import-error.ts';
import { jsonNotation, textNotation } from './notation.ts';
import { timeReader } from './read-time.ts';
import { readFields, type CallReading } from './to-call.ts';

/** An import as the operator asks for it. */
export interface ImportOptions {
  file: string;
  tenant: string;
  /** `field=column` lists. */
  map?: readonly string[] | undefined;
  /** `field=constant` lists. */
  set?: readonly string[] | undefined;
  /** Told from the file's name when left out. */
  format?: Format | undefined;
  /** IANA name of the zone whose clock naive times show. */
  timezone?: string | undefined;
  /** Keeps equal records of different sources apart. */
  source?: string | undefined;
  /** Where refused records go. */
  rejects?: string | undefined;
}

export interface ImportPlan {
  file: string;
  tenant: TenantId;
  format: Format;
  reading: CallReading;
  source: string | undefined;
  rejects: string;
}

/**
 * Checks everything about an import that can be told without reading the file.
 * @throws {ImportError} listing what is wrong.
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
    // One by one, so that each one's problem is named.
    ...[...fields.constants].flatMap((constant) =>
      problemOf('--set', () => readFields({}, { ...reading, fields: { ...fields, constants: new Map([constant]) } })),
    ),
  ];
  if (problems.length > 0) throw new ImportError(problems);
  return {
    file: options.file,
    tenant: tenantId(options.tenant),
    format,
    reading,
    source: options.source,
    rejects: options.rejects ?? `${options.file}.rejected.ndjson`,
  };
}

function formatOf(file: string): Format {
  const format = formatOfName(file);
  if (!format)
    throw new ImportError([`The name ${file} does not tell its format: say --format csv or --format ndjson`]);
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
