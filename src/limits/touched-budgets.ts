import { Big } from 'big.js';
import type { TenantId } from '../values/identifier.ts';
import { formatDecimal, type Decimal } from '../values/money.ts';
import type { Tags } from '../values/tags.ts';
import type { Budget, BudgetDimension, BudgetMetric } from './budget.entity.ts';
import { beginningOfTotal, periodAt, type PeriodSpan } from './budget-period.ts';

/** What decides which budgets a call belongs to. */
export interface ScopedCall {
  agentId?: string | null | undefined;
  userId?: string | null | undefined;
  recordedBy: string;
  tags?: Tags | null | undefined;
}

/** What budgets count of a call. */
export interface CountedCall extends ScopedCall {
  tenantId: TenantId;
  requestId: string;
  occurredAt: Date;
  inputTokens: number;
  outputTokens: number;
  costUsd?: Decimal | null | undefined;
}

const tagPrefix = 'tag:';

function valueOf(call: ScopedCall, dimension: BudgetDimension): string | null {
  if (dimension === 'agentId' || dimension === 'userId' || dimension === 'recordedBy') return call[dimension] ?? null;
  return call.tags?.[dimension.slice(tagPrefix.length)] ?? null;
}

type Scope = Pick<Budget, 'scopeDimension' | 'scopeValues' | 'eachDimension'>;

/**
 * Under which value a budget counts a call: that of its `eachDimension`, empty for a budget without one. Undefined for a
 * call that does not belong to it.
 */
export function valueIn({ scopeDimension, scopeValues, eachDimension }: Scope, call: ScopedCall): string | undefined {
  if (scopeDimension && !scopeValues.includes(valueOf(call, scopeDimension) ?? '')) return undefined;
  return eachDimension ? (valueOf(call, eachDimension) ?? undefined) : '';
}

const amounts: Record<BudgetMetric, (call: CountedCall) => Decimal> = {
  COST_USD: ({ costUsd }) => costUsd ?? new Big(0),
  TOTAL_TOKENS: ({ inputTokens, outputTokens }) => new Big(inputTokens + outputTokens),
  CALLS: () => new Big(1),
};

/** A part of a counter that comes from a call, as a record of a recordset. */
export interface Touch {
  tenant_id: TenantId;
  request_id: string;
  budget_id: string;
  period_start: string;
  value: string;
  amount: string;
  /** Of a budget that watches for spikes, which counts calls as well. */
  calls?: number;
}

/** A period, with its begin as text. */
interface Period extends PeriodSpan {
  startText: string;
}

/** Finding the borders of a period takes longer than all the rest, and nearly all calls are of the one that is running. */
const lastPeriods = new WeakMap<Budget, Period>();

export function periodOf(budget: Budget, at: Date): Period {
  const known = lastPeriods.get(budget);
  if (known && known.start <= at && (known.end === null || at < known.end)) return known;
  const span = periodAt(budget, at);
  const period = { ...span, startText: span.start.toISOString() };
  lastPeriods.set(budget, period);
  return period;
}

/** The hours of a budget that are not kept one by one. */
const earlier = beginningOfTotal.toISOString();

/** What a call adds to the counters of budgets of its tenant. */
export function touches(budgets: readonly Budget[], call: CountedCall): Touch[] {
  const found: Touch[] = [];
  // Most budgets of a call count the same.
  const texts: Partial<Record<BudgetMetric, string>> = {};
  for (const budget of budgets) {
    const value = valueIn(budget, call);
    if (value === undefined) continue;
    const { start, startText } = periodOf(budget, call.occurredAt);
    const amount = (texts[budget.metric] ??= formatDecimal(amounts[budget.metric](call)));
    const isCounted = start >= budget.countsFrom;
    if (!budget.spikeFloor && (amount === '0' || !isCounted)) continue;
    found.push({
      tenant_id: call.tenantId,
      request_id: call.requestId,
      budget_id: budget.id,
      period_start: isCounted ? startText : earlier,
      value,
      amount,
      ...(budget.spikeFloor ? { calls: 1 as const } : {}),
    });
  }
  return found;
}
