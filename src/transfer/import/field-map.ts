import { fileFields, isFileField, usageFields, type FileField } from '../../recording/field-groups.ts';
import { readCells } from './cell-reader.ts';
import { ImportError } from './import-error.ts';
import type { Preset } from './presets/preset.ts';
import { pathOf, type Path } from './value-at.ts';

/** Where a field of a call comes from: a constant, or a column. */
export type Source =
  | { constant: string; column?: undefined }
  | { constant?: undefined; column: string; path: Path; /** Whether the operator named it. */ isMapped: boolean };

export interface FieldMap {
  /** Columns that the operator named; all of them must exist. */
  mapped: ReadonlyMap<FileField, string>;
  constants: ReadonlyMap<FileField, string>;
  /** Each remaining field comes from the column of its own name, unless that is mapped to another field. */
  sources: ReadonlyMap<FileField, Source>;
}

/**
 * Reads `field=column` and `field=constant` lists. Pairs are separated by commas; a pair that contains a comma is
 * quoted as in CSV.
 * @throws {ImportError} listing every pair that cannot be used.
 */
export function parseFieldMap(map: readonly string[], set: readonly string[]): FieldMap {
  const problems: string[] = [];
  const mapped = readPairs('--map', map, problems);
  const constants = readPairs('--set', set, problems);
  for (const field of constants.keys())
    if (mapped.has(field)) problems.push(`'${field}' is given by both --map and --set`);
  if (constants.has('requestId')) problems.push(`--set: 'requestId' identifies a call, so it cannot be a constant`);
  if (problems.length > 0) throw new ImportError(problems);
  const taken = new Set(mapped.values());
  const own = fileFields.filter((field) => !mapped.has(field) && !constants.has(field) && !taken.has(field));
  const sources = new Map<FileField, Source>([
    ...[...constants].map(([field, constant]) => [field, { constant }] as const),
    ...[...mapped].map(([field, column]) => [field, { column, path: pathOf(column), isMapped: true }] as const),
    ...own.map((field) => [field, { column: field, path: [field], isMapped: false }] as const),
  ]);
  return { mapped, constants, sources };
}

function readPairs(option: string, lists: readonly string[], problems: string[]): Map<FileField, string> {
  const pairs = new Map<FileField, string>();
  for (const pair of lists.flatMap((list) => readCells(list) ?? [list])) {
    const equals = pair.indexOf('=');
    const field = pair.slice(0, equals).trim();
    const value = pair.slice(equals + 1);
    if (equals === -1 || value === '') problems.push(`${option}: '${pair}' is not of the form field=value`);
    else if (!isFileField(field)) problems.push(`${option}: there is no field '${field}'`);
    else if (pairs.has(field)) problems.push(`${option}: '${field}' is given twice`);
    else pairs.set(field, value);
  }
  return pairs;
}

/**
 * Checks that a CSV header has the columns that the map, and the preset if there is one, need.
 * @throws {ImportError} naming every mapped column that is missing, every needed column that occurs twice, and every
 * required field that has neither a column nor a constant.
 */
export function checkHeader(fields: FieldMap, header: readonly string[], preset?: Preset): void {
  const { mapped, sources } = fields;
  // A path may lead into the JSON of a column.
  const has = (column: string) => header.includes(column) || header.includes(pathOf(column)[0] ?? '');
  const missing = [...mapped].filter(([, column]) => !has(column));
  const columns = [...sources.values()].flatMap(({ column }) => column ?? []);
  const twice = columns.filter((column) => header.indexOf(column) !== header.lastIndexOf(column));
  const problems = [
    ...missing.map(([field, column]) => `--map ${field}=${column}: the file has no column '${column}'`),
    ...new Set(twice.map((column) => `The file has two columns named '${column}'`)),
    ...(preset ? presetProblems(preset, header) : unfilledFields(fields, header)),
  ];
  if (problems.length > 0) throw new ImportError([...problems, `Columns of the file: ${header.join(', ')}`]);
}

/** A map without the fields that no column of the header gives. */
export const givenBy = (fields: FieldMap, header: readonly string[]): FieldMap => ({
  ...fields,
  sources: new Map(
    [...fields.sources].filter(
      ([, source]) => source.constant !== undefined || source.isMapped || header.includes(source.column),
    ),
  ),
});

function unfilledFields({ sources }: FieldMap, header: readonly string[]): string[] {
  const isFilled = (field: FileField) => {
    const source = sources.get(field);
    return source !== undefined && (source.constant !== undefined || source.isMapped || header.includes(source.column));
  };
  // A single call may leave out its output tokens; where a whole file does, its column may have another name.
  const unfilled: FileField[] = usageFields.some(isFilled)
    ? (['outputTokens'] as const).filter((field) => !isFilled(field) && !isFilled('units'))
    : (['inputTokens', 'outputTokens'] as const).filter((field) => !isFilled(field));
  return unfilled.map(
    (field) => `The file has no column '${field}': name one with --map ${field}=COLUMN, or give the value with --set`,
  );
}

const presetProblems = ({ columns }: Preset, header: readonly string[]): string[] =>
  columns
    .filter((names) => !names.some((name) => header.includes(name)))
    .map((names) => `--preset: the file has no column ${names.map((name) => `'${name}'`).join(' or ')}`);
