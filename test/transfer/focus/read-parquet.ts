import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { Big } from 'big.js';
import type { FocusRow } from './focus-rules.ts';

/** The rows of a Parquet file as the same rows of a CSV file have them, decimals to the last digit. */
export async function readParquet(bytes: Buffer): Promise<{ columns: string[]; rows: FocusRow[] }> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const metadata = parquetMetadata(file);
  const scales = new Map<string, number>();
  for (const element of metadata.schema) {
    if (element.converted_type !== 'DECIMAL') continue;
    scales.set(element.name, element.scale ?? 0);
    // As a decimal it would be read into a float.
    delete element.converted_type;
    delete element.logical_type;
  }
  const columns = metadata.schema.slice(1).map(({ name }) => name);
  const rows = await parquetReadObjects({ file, metadata, utf8: false });
  return {
    columns,
    rows: rows.map((row) => Object.fromEntries(columns.map((name) => [name, textOf(row[name], scales.get(name))]))),
  };
}

function textOf(value: unknown, scale: number | undefined): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array && scale !== undefined) {
    const unscaled = BigInt.asIntN(128, BigInt(`0x${Buffer.from(value).toString('hex')}`));
    return new Big(`${unscaled}e-${scale}`).toFixed();
  }
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
