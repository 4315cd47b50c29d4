import { IdempotencyConflictError, NotFoundError, OverloadedError, type GatewayError } from '../values/errors.ts';
import type { TenantId } from '../values/identifier.ts';
import type { Call } from './call.entity.ts';
import { isErased } from './erased-call.ts';
import type { NewCall } from './validate-call.ts';

export type Outcome =
  | { outcome: 'RECORDED' | 'DUPLICATE' | 'REPLACED'; call: Call }
  | { outcome: 'REJECTED'; requestId: string | null; error: GatewayError };

/**
 * A call was not stored since its tenant is being deleted, which may yet fail, or its budgets or closed months are being changed: a
 * moment later it is known.
 */
export class TenantHeldUpError extends OverloadedError {
  constructor(tenantId: TenantId) {
    super(
      `The tenant '${tenantId}' is being deleted, or what its calls are counted by is being changed. Try again.`,
      1,
    );
  }
}

export const isConflict = (outcome: Outcome | undefined) =>
  outcome?.outcome === 'REJECTED' && outcome.error instanceof IdempotencyConflictError;

/** Outcome of a call that was neither stored nor found: its tenant was deleted after its key was accepted. */
export function withoutTenant(call: NewCall): Outcome {
  if (call.mayCreateTenant) throw new Error('A call was neither stored nor found; was it deleted by hand?');
  return rejected(call, new NotFoundError(`There is no tenant '${call.tenantId}'.`));
}

export const rejected = ({ requestId }: NewCall, error: GatewayError): Outcome => ({
  outcome: 'REJECTED',
  requestId,
  error,
});

export const conflict = (call: NewCall): Outcome => rejected(call, new IdempotencyConflictError(call.requestId));

/** Outcome of a call whose key is taken: a duplicate of the same call or of an erased one, or a conflict with another one. */
export function repeated(call: NewCall, stored: Call): Outcome {
  if (isErased(stored)) return { outcome: 'DUPLICATE', call: stored };
  const sameContent = Buffer.compare(call.contentHash, stored.contentHash) === 0;
  const sameTime = !call.occurredAtGiven || call.occurredAt.getTime() === stored.occurredAt.getTime();
  if (sameContent && sameTime) return { outcome: 'DUPLICATE', call: stored };
  return conflict(call);
}
