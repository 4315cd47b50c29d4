import { isJsonObject, parseSentJson } from '../../values/json.ts';
import type { Format } from '../call-file.ts';
import { ImportError } from './import-error.ts';
import { readLines, type Line } from './read-lines.ts';
import { readRows } from './read-rows.ts';
import { readValues } from './read-values.ts';

export type Fields = Readonly<Record<string, unknown>>;

interface Place {
  /** Line of the file on which the record starts; a CSV header is on line 1. */
  line: number;
  /** 1 for the first record after the header. Malformed records count, blank lines do not. */
  number: number;
  /** The cells of a CSV record, otherwise the text as it is in the file. */
  raw: string | readonly string[];
}

/** A record of the file: its values by column, or what is wrong with it, in words. */
export type FileRecord = Place & ({ fields: Fields; problem?: undefined } | { problem: string });

/**
 * Reads the records of a file, given by its bytes, one at a time.
 * @param checkHeader is given the columns of a CSV file before its first record, and may throw.
 * @throws {ImportError} when a CSV file has no header that can be read.
 */
export function readRecords(
  bytes: AsyncIterable<Buffer>,
  format: Format,
  checkHeader: (columns: readonly string[]) => void,
): AsyncGenerator<FileRecord> {
  if (format === 'csv') return readCsv(readLines(bytes), checkHeader);
  return format === 'ndjson' ? readJson(readLines(bytes), 'line') : readJson(readValues(bytes), 'record');
}

async function* readCsv(
  lines: AsyncIterable<Line>,
  checkHeader: (columns: readonly string[]) => void,
): AsyncGenerator<FileRecord> {
  let columns: readonly string[] | undefined;
  let number = 0;
  for await (const row of readRows(lines)) {
    if (!columns) {
      if ('problem' in row) throw new ImportError([`Line ${row.line}, which should name the columns, ${row.problem}.`]);
      columns = row.cells;
      checkHeader(columns);
      continue;
    }
    number++;
    if ('problem' in row) yield { line: row.line, number, raw: row.text, problem: `The line ${row.problem}` };
    else yield { line: row.line, number, raw: row.cells, ...toFields(columns, row.cells) };
  }
  if (!columns) throw new ImportError(['The file is empty; a CSV file begins with a line that names its columns.']);
}

/**
 * What records inherit from: nothing, so that a column may have any name. Objects without a prototype would be slow, as
 * they are kept as dictionaries.
 */
const nothing: object = Object.freeze(Object.create(null));

function toFields(columns: readonly string[], cells: readonly string[]): { fields: Fields } | { problem: string } {
  if (cells.length !== columns.length)
    return { problem: `The record has ${cells.length} cells, but the header has ${columns.length}` };
  const fields: Record<string, unknown> = Object.create(nothing);
  for (const [index, column] of columns.entries()) fields[column] = cells[index];
  return { fields };
}

async function* readJson(texts: AsyncIterable<Line>, place: 'line' | 'record'): AsyncGenerator<FileRecord> {
  let number = 0;
  for await (const { number: line, text, problem } of texts) {
    const raw = text.trim();
    if (raw === '' && !problem) continue;
    const read = problem ? { problem: `The ${place} ${problem}` } : parseObject(raw, place);
    if ('fields' in read && place === 'record' && isEmptyPage(read.fields)) continue;
    number++;
    yield { line, number, raw, ...read };
  }
}

function parseObject(text: string, place: string): { fields: Fields } | { problem: string } {
  try {
    const value = parseSentJson(text);
    return isJsonObject(value) ? { fields: value } : { problem: `The ${place} is not a JSON object` };
  } catch {
    return { problem: `The ${place} is not JSON` };
  }
}

/** The last page of an API may hold nothing. */
const isEmptyPage = ({ data }: Fields) => Array.isArray(data) && data.length === 0;
