import { stringify } from 'csv-stringify/sync';
import { fileFields } from '../../recording/field-groups.ts';
import type { ExportFormat } from '../call-file.ts';
import type { Call } from '../../recording/call.entity.ts';
import { toCells, toRecord } from './call-record.ts';

/** The text of a file of calls, page by page, as `import` can read it. */
export function writeCalls(pages: AsyncIterable<readonly Call[]>, format: ExportFormat): AsyncGenerator<string> {
  return format === 'csv' ? csv(pages) : ndjson(pages);
}

async function* csv(pages: AsyncIterable<readonly Call[]>): AsyncGenerator<string> {
  yield stringify([fileFields]);
  for await (const page of pages) yield stringify(page.map(toCells));
}

async function* ndjson(pages: AsyncIterable<readonly Call[]>): AsyncGenerator<string> {
  for await (const page of pages) yield page.map((call) => `${JSON.stringify(toRecord(call))}\n`).join('');
}
