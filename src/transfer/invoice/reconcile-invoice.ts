import { Big } from 'big.js';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { providerName } from '../../pricing/provider-names.ts';
import { OperatorError } from '../../values/errors.ts';
import type { TenantId } from '../../values/identifier.ts';
import { openLedgerWindow } from '../ledger-window.ts';
import { sumCharges, type ChargeSums } from '../focus/charges.repository.ts';
import type { BillLine } from './bill-line.ts';
import { compareBill, type BilledUsage, type Comparison, type LedgerSum } from './compare-bill.ts';

const dayMs = 86_400_000;
/** Most days between a bill's first and last one, each of which is read from the ledger. */
const mostDays = 400;

/**
 * Compares a provider's bill with what tenants' calls of that provider cost, on every day from the bill's first to its last.
 * @throws {OperatorError} when the bill is for too long a time.
 * @throws {BeyondRetentionError} where calls of that time have left the ledger.
 */
export async function reconcileInvoice(
  em: SqlEntityManager,
  {
    provider,
    tenants,
    bill,
    usage,
  }: {
    provider: string;
    tenants: readonly TenantId[];
    bill: readonly BillLine[];
    usage?: readonly BilledUsage[] | undefined;
  },
): Promise<Comparison[]> {
  const days = bill.map((line) => line.dayMs);
  const [first, last] = [days.reduce((a, b) => Math.min(a, b)), days.reduce((a, b) => Math.max(a, b))];
  if ((last - first) / dayMs >= mostDays)
    throw new OperatorError(`The bill is for more than ${mostDays} days; give it in parts`);
  const { name } = providerName(provider);
  const ledger: LedgerSum[] = [];
  const window = { from: new Date(first), to: new Date(last + dayMs) };
  const windows = await Promise.all(tenants.map((tenant) => openLedgerWindow(em, tenant, window)));
  for (let day = first; day <= last; day += dayMs)
    for (const tenant of tenants) {
      const sums = await sumCharges(em, tenant, { from: new Date(day), to: new Date(day + dayMs) });
      for (const sum of sums) if (providerName(sum.provider).name === name) ledger.push(ledgerSum(day, sum));
    }
  for (const { assertComplete } of windows) await assertComplete();
  const within = usage?.filter((counted) => counted.dayMs >= first && counted.dayMs <= last);
  return compareBill(bill, ledger, within);
}

function ledgerSum(day: number, sums: ChargeSums): LedgerSum {
  const { model, calls, costSource, costUsd, unitsUsd } = sums;
  const tokens = sums.inputTokens.plus(sums.cachedInputTokens).plus(sums.cacheWriteTokens).plus(sums.outputTokens);
  return {
    dayMs: day,
    model,
    calls: calls.toNumber(),
    unpricedCalls: costSource === 'UNPRICED' ? calls.toNumber() : 0,
    tokens: tokens.toNumber(),
    costUsd,
    unitsUsd,
  };
}

/** The sums of all comparisons. */
export const totals = (comparisons: readonly Comparison[]) =>
  comparisons.reduce(
    (sum, { billedUsd, recordedUsd, differenceUsd }) => ({
      billedUsd: sum.billedUsd.plus(billedUsd),
      recordedUsd: sum.recordedUsd.plus(recordedUsd),
      differenceUsd: sum.differenceUsd.plus(differenceUsd),
    }),
    { billedUsd: new Big(0), recordedUsd: new Big(0), differenceUsd: new Big(0) },
  );
