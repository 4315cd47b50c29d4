import { pipeline } from 'node:stream/promises';
import type { Writable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { Orm } from '../../database/orm.ts';
import type { Call } from '../../recording/call.entity.ts';
import { writeCalls } from './write-calls.ts';
import { assertInLedger } from '../../reporting/beyond-retention.repository.ts';
import { beginningOfTime } from '../../reporting/calendar/windows.ts';
import { listCallsOldestFirst } from '../../reporting/ledger.repository.ts';
import { findCompleteFrom } from '../../tenancy/tenant.repository.ts';
import type { TenantId } from '../../values/identifier.ts';
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

async function* readPages(orm: Orm, { tenant, window, filters }: ExportPlan): AsyncGenerator<Call[]> {
  const begin = await beginOf(orm, tenant);
  const from = window.from ?? begin ?? undefined;
  if (from) await assertInLedger(orm.em.fork(), tenant, { from, to: window.to }, begin);
  let last: Call | undefined;
  do {
    const page = await listCallsOldestFirst(orm.em.fork(), tenant, { from, to: window.to }, filters, {
      first: callsAPage,
      after: last,
    });
    if (page.length > 0) yield page;
    last = page.length === callsAPage ? page.at(-1) : undefined;
  } while (last);
  // Whatever has left meanwhile may be missing.
  const end = await beginOf(orm, tenant);
  if (end && end.getTime() !== begin?.getTime())
    await assertInLedger(orm.em.fork(), tenant, { from: from ?? beginningOfTime, to: window.to }, end);
}

const beginOf = async (orm: Orm, tenant: TenantId): Promise<Date | null> =>
  (await findCompleteFrom(orm.em.fork(), [tenant])).get(tenant) ?? null;
