import type { BudgetBook } from '../limits/budget-book.ts';
import { touches } from '../limits/touched-budgets.ts';
import { watches } from '../limits/usual-hours.ts';
import { type Counting } from './call.repository.ts';
import type { Settlement } from '../limits/settling-sql.ts';
import type { NewCall } from './validate-call.ts';

/** Which reservations calls settle. */
export const settlementsOf = (calls: readonly NewCall[]): Settlement[] =>
  calls.flatMap(({ tenantId, requestId, settles, acceptedAt }) =>
    settles === null
      ? []
      : [{ tenant_id: tenantId, request_id: requestId, reservation_id: settles, at: acceptedAt.toISOString() }],
  );

/** By which budgets, as they were last read, calls are counted; one that is void when it comes counts nowhere. What they settle needs no budget that is known. */
export const counting = (budgets: BudgetBook, calls: readonly NewCall[]): Counting => ({
  revisionOf: (tenantId) => budgets.of(tenantId).revision,
  touches: calls.flatMap((call) => (call.voidedAt ? [] : touches(budgets.of(call.tenantId).budgets, call))),
  watches: [...new Set(calls.flatMap((call) => watches(budgets.of(call.tenantId).budgets, call)))],
  settlements: settlementsOf(calls),
});
