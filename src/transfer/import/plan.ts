import { tenantId, type TenantId } from '../../values/identifier.ts';
import { ValidationError } from '../../values/errors.ts';
import { formatOfName, type Format } from '../call-file.ts';
import { parseFieldMap } from './field-map.ts';
import { ImportError } from './import-error.ts';
import { presets, type Preset, type PresetName } from './presets/preset.ts';
import { timeReader } from './read-time.ts';
import { toCall, type CallReading } from './to-call.ts';

/** Options of an import. */
export interface ImportOptions {
  file: string;
  tenant: string;
  /** The system that wrote the file; calls have the gateway's own fields when it is left out. */
  preset?: PresetName | undefined;
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
  /** What makes calls of records; undefined where their columns are the calls' own fields. */
  preset: Preset | undefined;
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
  const preset: Preset | undefined = options.preset && presets[options.preset];
  const reading = {
    fields,
    isLeftOut: format === 'csv' ? isEmpty : isNone,
    time: timeReader(options.timezone ?? (preset && 'UTC')),
  };
  const problems = [
    ...problemOf('--tenant', () => tenantId(options.tenant, 'tenant')),
    // One by one, so that every problem is listed.
    ...[...fields.constants]
      .map(([field, constant]) => [field, { constant }] as const)
      .flatMap((constant) =>
        problemOf('--set', () => toCall({}, { ...reading, fields: { ...fields, sources: new Map([constant]) } })),
      ),
  ];
  if (problems.length > 0) throw new ImportError(problems);
  return {
    file: options.file,
    tenant: tenantId(options.tenant),
    format,
    reading,
    preset,
    source: options.source,
    replaces: options.replaces ?? false,
    rejects: options.rejects ?? `${options.file}.rejected.ndjson`,
  };
}

const isNone = (value: unknown) => value === undefined || value === null;
const isEmpty = (value: unknown) => isNone(value) || value === '';

function formatOf(file: string): Format {
  const format = formatOfName(file);
  if (!format)
    throw new ImportError([`Cannot tell the format from the name ${file}: add --format csv, ndjson or json`]);
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
