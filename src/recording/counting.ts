import type { BudgetBook } from '../limits/budget-book.ts';
import { touches } from '../limits/touched-budgets.ts';
import { type Counting } from './call.repository.ts';
import type { Settlement } from '../limits/settling-sql.ts';
import type { NewCall } from './validate-call.ts';

/** Which reservations calls settle. */
export const settlementsOf = (calls: readonly NewCall[]): Settlement[] =>
  calls.flatMap(({ tenantId, requestId, settles }) =>
    settles
      ? [{ tenant_id: tenantId, request_id: requestId, reservation_id: settles.id, at: settles.at.toISOString() }]
      : [],
  );

/** By which budgets, as they were last read, calls are counted; one that is void when it comes counts nowhere. What they settle needs no budget that is known. */
export const counting = (budgets: BudgetBook, calls: readonly NewCall[]): Counting => ({
  revisionOf: (tenantId) => budgets.of(tenantId).revision,
  touches: calls.flatMap((call) => (call.voidedAt ? [] : touches(budgets.of(call.tenantId).budgets, call))),
  isTold: calls.some((call) => budgets.of(call.tenantId).isTold),
  settlements: settlementsOf(calls),
});
