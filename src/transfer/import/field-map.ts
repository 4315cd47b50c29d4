import { fileFields, isFileField, usageFields, type FileField } from '../../recording/field-groups.ts';
import { readCells } from './cell-reader.ts';
import { ImportError } from './import-error.ts';

/** Where each field of a call comes from. */
export interface FieldMap {
  /** Columns that the operator named; all of them must exist. */
  mapped: ReadonlyMap<FileField, string>;
  constants: ReadonlyMap<FileField, string>;
  /** `mapped`, and for each remaining field the column of its own name, unless that is mapped to another field. */
  columns: ReadonlyMap<FileField, string>;
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
  return { mapped, constants, columns: new Map([...mapped, ...own.map((field) => [field, field] as const)]) };
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
 * Checks that a CSV header has the columns that the map needs.
 * @throws {ImportError} naming every mapped column that is missing, every needed column that occurs twice, and every
 * required field that has neither a column nor a constant.
 */
export function checkHeader({ mapped, constants, columns }: FieldMap, header: readonly string[]): void {
  const missing = [...mapped].filter(([, column]) => !header.includes(column));
  const twice = [...columns.values()].filter((column) => header.indexOf(column) !== header.lastIndexOf(column));
  const isFilled = (field: FileField) =>
    constants.has(field) || mapped.has(field) || header.includes(columns.get(field) ?? '');
  // A single call may leave out its output tokens; where a whole file does, its column may have another name.
  const unfilled: FileField[] = usageFields.some(isFilled)
    ? (['outputTokens'] as const).filter((field) => !isFilled(field) && !isFilled('units'))
    : (['inputTokens', 'outputTokens'] as const).filter((field) => !isFilled(field));
  const problems = [
    ...missing.map(([field, column]) => `--map ${field}=${column}: the file has no column '${column}'`),
    ...new Set(twice.map((column) => `The file has two columns named '${column}'`)),
    ...unfilled.map(
      (field) => `The file has no column '${field}': name one with --map ${field}=COLUMN, or give the value with --set`,
    ),
  ];
  if (problems.length > 0) throw new ImportError([...problems, `Columns of the file: ${header.join(', ')}`]);
}
