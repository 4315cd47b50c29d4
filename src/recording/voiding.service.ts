import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { audited } from '../audit/audited.ts';
import { NotFoundError, NotInLedgerError, ValidationError } from '../values/errors.ts';
import { identifier, type TenantId } from '../values/identifier.ts';
import { auditNames, type Principal } from '../caller/principal.ts';
import { freeTextProblem } from '../values/free-text.ts';
import { maxVoidReasonLength, type Call } from './call.entity.ts';
import { holdBudgets, findBudgets } from '../limits/budget.repository.ts';
import { takeBack } from '../limits/counter.repository.ts';
import { touches } from '../limits/touched-budgets.ts';
import { findCalls, markVoid, type CallKey } from './call.repository.ts';
import { noteAdjustments } from './closed-months.repository.ts';
import { holdHorizon, notChanged } from './horizon.repository.ts';

/**
 * Takes a call out of every aggregate and returns it; the ledger keeps it, with the reason. A call that is already void
 * does not change.
 * @throws {NotFoundError} on `requestId` when the tenant has no such call.
 * @throws {BeyondRetentionError} on `requestId` for a call from before the tenant's horizon.
 * @throws {ValidationError} on `reason`.
 */
export async function voidCall(
  em: SqlEntityManager,
  principal: Principal,
  { tenantId, requestId, reason }: { tenantId: TenantId; requestId: string; reason: string },
  now: Date,
): Promise<Call> {
  const key = { tenantId, requestId: identifier(requestId, 'requestId') };
  const problem = freeTextProblem(reason, maxVoidReasonLength);
  if (problem) throw new ValidationError(`'reason' ${problem}`, 'reason');
  return audited(em, principal, now, async (em) => {
    await holdBudgets(em, tenantId);
    const acceptsFrom = await holdHorizon(em, tenantId);
    if (acceptsFrom) await assertMayChange(em, key, acceptsFrom);
    const voided = await markVoid(em, tenantId, key.requestId, { at: now, by: auditNames(principal).actor, reason });
    const [call] = await findCalls(em, [key]);
    if (!call) throw new NotFoundError(`There is no call '${requestId}'.`, 'requestId');
    if (voided) {
      await takeBack(em, touches(await findBudgets(em, tenantId), call));
      await noteAdjustments(em, tenantId, { gone: [call], come: [], reason: 'void', at: now });
    }
    const act = { action: 'usage.void', tenantId, target: requestId, details: { reason } };
    return { result: call, act: voided ? act : undefined };
  });
}

/**
 * @throws {BeyondRetentionError} on `requestId` for a call from before the horizon that is not void yet.
 * @throws {NotFoundError} on `requestId`, with what may have become of the call.
 */
async function assertMayChange(em: SqlEntityManager, key: CallKey, acceptsFrom: Date): Promise<void> {
  const [call] = await findCalls(em, [key]);
  if (!call) throw new NotInLedgerError(key.requestId, acceptsFrom);
  if (!call.voidedAt && call.occurredAt < acceptsFrom) throw notChanged(key.requestId, acceptsFrom);
}
