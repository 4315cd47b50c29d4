import { Big } from 'big.js';
import type { Decimal } from '../values/money.ts';
import type { Call } from './call.entity.ts';

/** A month of a tenant whose statement is closed, with its borders. */
export interface ClosedMonth {
  /** Its first date. */
  month: string;
  from: Date;
  /** Exclusive. */
  to: Date;
}

/** What of a call matters to a statement. */
export type StatedCall = Pick<Call, 'occurredAt' | 'provider' | 'model' | 'costUsd'>;

/** By how much a closed month's calls of a model changed. */
export interface Change {
  month: string;
  provider: string;
  model: string;
  calls: number;
  costUsd: Decimal;
}

/** The closed month that an instant is in; undefined for none. Months are in the order of time. */
export function closedMonthAt(closed: readonly ClosedMonth[], at: Date): string | undefined {
  const last = closed.at(-1);
  // Nearly all calls are later than what is closed.
  if (!last || at >= last.to) return undefined;
  return closed.find(({ from, to }) => from <= at && at < to)?.month;
}

/** What becomes of closed months when some calls no longer count and others do instead; without what changes nothing. */
export function changesOf(
  closed: readonly ClosedMonth[],
  gone: readonly StatedCall[],
  come: readonly StatedCall[],
): Change[] {
  const changes = new Map<string, Change>();
  const add = ({ occurredAt, provider, model, costUsd }: StatedCall, sign: 1 | -1) => {
    const month = closedMonthAt(closed, occurredAt);
    if (month === undefined) return;
    const key = JSON.stringify([month, provider, model]);
    const before = changes.get(key) ?? { month, provider, model, calls: 0, costUsd: new Big(0) };
    const cost = new Big(costUsd ?? 0).times(sign);
    changes.set(key, { ...before, calls: before.calls + sign, costUsd: before.costUsd.plus(cost) });
  };
  for (const call of gone) add(call, -1);
  for (const call of come) add(call, 1);
  return [...changes.values()].filter(({ calls, costUsd }) => calls !== 0 || !costUsd.eq(0));
}
