import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Orm } from '../../../src/database/orm.ts';
import type { ExportFormat } from '../../../src/transfer/call-file.ts';
import { importFile, type ImportResult } from '../../../src/transfer/import/import-file.ts';
import { exportCalls } from '../../../src/transfer/export/export-calls.ts';
import { planExport, type ExportOptions } from '../../../src/transfer/export/plan.ts';

/** Behind every call, those of the next five minutes included. */
const end = '9999-12-31T23:59:59Z';

/** The bytes of an export, of all calls unless options say otherwise. */
export async function exported(orm: Orm, options: ExportOptions): Promise<Buffer> {
  const output = new PassThrough();
  const plan = planExport({ to: end, ...options }, new Date());
  const [bytes] = await Promise.all([buffer(output), exportCalls(orm, plan, output)]);
  return bytes;
}

/** Imports bytes as a file of the format. */
export async function imported(
  orm: Orm,
  folder: string,
  { bytes, format, ...options }: { bytes: Buffer | string; tenant: string; format: ExportFormat; replaces?: boolean },
): Promise<ImportResult> {
  const file = join(folder, `${randomUUID()}.${format}`);
  await writeFile(file, bytes);
  return importFile(orm, { file, ...options });
}

/** The keys of a CSV export's calls, which must not need quotes. */
export const keysOf = (csv: Buffer): string[] =>
  csv
    .toString()
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.slice(0, line.indexOf(',')));
