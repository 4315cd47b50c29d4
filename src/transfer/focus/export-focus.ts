import { pipeline } from 'node:stream/promises';
import type { Writable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { TenantId } from '../../values/identifier.ts';
import { openLedgerWindow } from '../ledger-window.ts';
import { firstCallAt, sumCharges } from './charges.repository.ts';
import { chargesOf, type Charge } from './charges.ts';
import { focusCsv, focusParquet } from './write-focus.ts';
import type { FocusPlan } from './plan.ts';

const dayMs = 86_400_000;

/** Whose charges are exported. */
export interface BilledTenant {
  id: TenantId;
  name: string;
}

/**
 * Writes the charges of tenants, day by day, and returns the number of rows. Memory holds a day of a tenant, and in Parquet
 * a group of rows.
 * @throws errors of the database and the output, and an AbortError when `signal` stops the export.
 */
export async function exportFocus(
  em: SqlEntityManager,
  plan: FocusPlan,
  { tenants, output, signal }: { tenants: readonly BilledTenant[]; output: Writable; signal?: AbortSignal },
): Promise<number> {
  let rows = 0;
  async function* counted(): AsyncGenerator<Charge[]> {
    for await (const charges of readCharges(em, plan, tenants)) {
      yield charges;
      rows += charges.length;
    }
  }
  const bytes = plan.format === 'parquet' ? focusParquet(counted()) : focusCsv(counted());
  const options = signal ? { signal } : {};
  await (plan.gzip ? pipeline(bytes, createGzip(), output, options) : pipeline(bytes, output, options));
  return rows;
}

/**
 * The charges of tenants, each day by itself, tenant after tenant; without `from` from where the ledger of each begins.
 * @throws {BeyondRetentionError} where calls of the window have left the ledger, or do so meanwhile.
 */
export async function* readCharges(
  em: SqlEntityManager,
  { from, to }: Pick<FocusPlan, 'from' | 'to'>,
  tenants: readonly BilledTenant[],
): AsyncGenerator<Charge[]> {
  for (const { id, name } of tenants) {
    const ledger = await openLedgerWindow(em, id, { from, to });
    const first = ledger.from ?? (await firstCallAt(em, id));
    if (!first) continue;
    for (let day = Math.floor(first.getTime() / dayMs) * dayMs; day < to.getTime(); day += dayMs) {
      const window = { from: new Date(day), to: new Date(day + dayMs) };
      const charges = (await sumCharges(em, id, window)).flatMap((sums) =>
        chargesOf(sums).map(({ meter, quantity, costUsd }): Charge => ({
          tenantId: id,
          tenantName: name,
          day: window.from,
          provider: sums.provider,
          model: sums.model,
          costSource: sums.costSource,
          tags: sums.tags,
          meter,
          quantity,
          costUsd,
        })),
      );
      if (charges.length > 0) yield charges;
    }
    await ledger.assertComplete();
  }
}
