import { pipeline } from 'node:stream/promises';
import type { Writable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { Orm } from '../../database/orm.ts';
import type { Call } from '../../recording/call.entity.ts';
import { writeCalls } from './write-calls.ts';
import { listCallsOldestFirst } from '../../reporting/ledger.repository.ts';
import { openLedgerWindow } from '../ledger-window.ts';
import type { ExportPlan } from './plan.ts';

const callsAPage = 1000;

/**
 * Writes the calls of a plan, oldest first, and returns their number. Each page is read after the one before it is
 * written, so memory does not grow with the number of calls or with a slow reader.
 * Without `from` it begins where the ledger does.
 * @throws {BeyondRetentionError} where calls of the window have left the ledger, or do so meanwhile.
 * @throws errors of the database and the output, and an AbortError when `signal` stops the export.
 */
export async function exportCalls(orm: Orm, plan: ExportPlan, output: Writable, signal?: AbortSignal): Promise<number> {
  let exported = 0;
  async function* pages(): AsyncGenerator<Call[]> {
    for await (const page of readPages(orm, plan)) {
      yield page;
      exported += page.length;
    }
  }
  const text = writeCalls(pages(), plan.format);
  const options = signal ? { signal } : {};
  await (plan.gzip ? pipeline(text, createGzip(), output, options) : pipeline(text, output, options));
  return exported;
}

async function* readPages(orm: Orm, { tenant, window: asked, filters }: ExportPlan): AsyncGenerator<Call[]> {
  const window = await openLedgerWindow(orm.em, tenant, asked);
  let last: Call | undefined;
  do {
    const page = await listCallsOldestFirst(orm.em.fork(), tenant, { from: window.from, to: asked.to }, filters, {
      first: callsAPage,
      after: last,
    });
    if (page.length > 0) yield page;
    last = page.length === callsAPage ? page.at(-1) : undefined;
  } while (last);
  await window.assertComplete();
}
