import { stringify } from 'csv-stringify/sync';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { Big } from 'big.js';
import { OperatorError } from '../../values/errors.ts';
import type { Charge } from './charges.ts';
import { focusColumns, timeText, type Cell, type FocusColumn } from './columns.ts';

/** Digits of a decimal in Parquet, and how many of them are behind the point: those of the ledger. */
const precision = 38;
const scales = { usd: 24, quantity: 12 } as const;
const decimalBytes = 16;

/** The rows of a FOCUS file in CSV, with null as an empty cell. */
export async function* focusCsv(charges: AsyncIterable<readonly Charge[]>): AsyncGenerator<string> {
  yield stringify([focusColumns.map(({ name }) => name)]);
  for await (const some of charges)
    yield stringify(some.map((charge) => focusColumns.map(({ value }) => csvCell(value(charge)))));
}

function csvCell(cell: Cell): string | null {
  if (cell === null || typeof cell === 'string') return cell;
  return cell instanceof Date ? timeText(cell) : JSON.stringify(cell);
}

const rowsAGroup = 20_000;

/** The same in Parquet: decimals as DECIMAL, exactly; times as timestamps; tags as JSON. */
export async function* focusParquet(charges: AsyncIterable<readonly Charge[]>): AsyncGenerator<Buffer> {
  const bytes = new ByteWriter();
  const parquet = new ParquetWriter({ writer: bytes, schema, createdBy: 'usage-gateway' });
  // The writer goes on counting where it is in the file.
  const written = () => {
    const copy = Buffer.from(bytes.getBytes());
    bytes.index = 0;
    return copy;
  };
  let held: Charge[] = [];
  const write = () => {
    const columnData = focusColumns.map((column) => ({
      name: column.name,
      data: held.map((charge) => parquetCell(column, column.value(charge))),
    }));
    // Statistics compare numbers; a reader that needs them is not worth a wrong bound.
    parquet.write({ columnData, rowGroupSize: rowsAGroup });
    held = [];
    return written();
  };
  for await (const some of charges) {
    held.push(...some);
    if (held.length >= rowsAGroup) yield write();
  }
  if (held.length > 0) yield write();
  await parquet.finish();
  yield written();
}

const schema = [
  { name: 'root', num_children: focusColumns.length },
  ...focusColumns.map(({ name, type }) => ({ name, repetition_type: 'OPTIONAL' as const, ...elementOf(type) })),
];

function elementOf(type: FocusColumn['type']) {
  switch (type) {
    case 'text':
      return { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const;
    case 'json':
      return { type: 'BYTE_ARRAY', converted_type: 'JSON' } as const;
    case 'time':
      return { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' } as const;
    default:
      return {
        type: 'FIXED_LEN_BYTE_ARRAY',
        type_length: decimalBytes,
        converted_type: 'DECIMAL',
        precision,
        scale: scales[type],
      } as const;
  }
}

function parquetCell({ name, type }: FocusColumn, cell: Cell): unknown {
  if ((type !== 'usd' && type !== 'quantity') || typeof cell !== 'string') return cell;
  const unscaled = new Big(cell).times(new Big(10).pow(scales[type])).toFixed();
  if (unscaled.replace('-', '').length > precision || unscaled.includes('.'))
    throw new OperatorError(`${name}: ${cell} has more digits than Parquet can hold; export CSV instead`);
  return BigInt(unscaled);
}
