import { OperatorError } from '../../values/errors.ts';
import { isJsonObject, type JsonObject } from '../../values/json.ts';
import { formatOfName } from '../call-file.ts';
import { readBytes } from '../import/read-bytes.ts';
import { readRecords } from '../import/read-records.ts';
import { billForms, type BillLine } from './bill-line.ts';

/** Most lines of a bill, which are held in memory. */
const mostLines = 1_000_000;

/**
 * Reads a provider's bill: CSV, or JSON pages of its API, gzipped or not.
 * @throws {OperatorError} naming the first line that cannot be read, or the forms that can.
 */
export async function readBill(file: string): Promise<BillLine[]> {
  const format = formatOfName(file);
  if (!format) throw new OperatorError(`Cannot tell the format from the name ${file}: end it with .csv or .json`);
  const lines: BillLine[] = [];
  for await (const record of readRecords(
    readBytes(file, () => {}),
    format,
    () => {},
  )) {
    if (record.problem !== undefined) throw new OperatorError(`Line ${record.line}: ${record.problem}`);
    for (const row of rowsOf(record.fields)) {
      lines.push(readLine(row, record.line));
      if (lines.length > mostLines) throw new OperatorError(`A bill has at most ${mostLines} lines`);
    }
  }
  if (lines.length === 0) throw new OperatorError(`${file} has no lines`);
  return lines;
}

/** The results of a bucket, each with the bucket's begin; a record by itself otherwise. */
function rowsOf(record: JsonObject): readonly JsonObject[] {
  const { results, ...bucket } = record;
  return Array.isArray(results) ? results.filter(isJsonObject).map((row) => ({ ...bucket, ...row })) : [record];
}

function readLine(row: JsonObject, number: number): BillLine {
  const form = billForms.find(({ fits }) => fits(row));
  if (!form)
    throw new OperatorError(
      [
        `Line ${number} is of no bill that is known. Known are:`,
        ...billForms.map(({ description }) => `- ${description}`),
        `The line has ${Object.keys(row).join(', ')}`,
      ].join('\n'),
    );
  try {
    return form.read(row);
  } catch (error) {
    if (error instanceof OperatorError) throw new OperatorError(`Line ${number}: ${error.message}`);
    throw error;
  }
}
