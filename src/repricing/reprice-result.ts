import { Big } from 'big.js';
import type { Decimal } from '../values/money.ts';
import type { Change } from './reprice.repository.ts';

/** What repricing changes, or would change: calls whose cost is another one at the prices of now. */
export interface RepriceResult {
  calls: number;
  costBeforeUsd: Decimal;
  costAfterUsd: Decimal;
  unpricedBefore: number;
  unpricedAfter: number;
  dryRun: boolean;
}

/** Adds up the changes of a repricing. */
export class Sum implements RepriceResult {
  calls = 0;
  costBeforeUsd = new Big(0);
  costAfterUsd = new Big(0);
  unpricedBefore = 0;
  unpricedAfter = 0;
  readonly dryRun: boolean;

  constructor(dryRun: boolean) {
    this.dryRun = dryRun;
  }

  add(changes: readonly Change[]): void {
    for (const { call, cost } of changes) this.addOne(call.costUsd ?? null, cost.costUsd);
  }

  addOne(before: Decimal | null, after: Decimal | null): void {
    this.calls++;
    this.costBeforeUsd = this.costBeforeUsd.plus(before ?? 0);
    this.costAfterUsd = this.costAfterUsd.plus(after ?? 0);
    if (!before) this.unpricedBefore++;
    if (!after) this.unpricedAfter++;
  }
}
