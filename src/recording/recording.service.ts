import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { GatewayError, IdempotencyConflictError } from '../platform/errors.ts';
import { targetTenant, type Principal } from '../platform/principal.ts';
import { inTransaction } from '../platform/transaction.ts';
import { insertMissingTenants } from '../identity/tenant.repository.ts';
import type { Call } from './call.entity.ts';
import { findCalls, insertCalls, type CallKey } from './call.repository.ts';
import { validateCall, type CallInput, type NewCall } from './validate-call.ts';

export const maxBatchSize = 1000;

export type Outcome =
  | { outcome: 'RECORDED' | 'DUPLICATE'; call: Call }
  | { outcome: 'REJECTED'; requestId: string | null; error: GatewayError };

/**
 * Records calls and answers for each, in the order given. What is answered as RECORDED or DUPLICATE is committed; a
 * bad call is REJECTED and holds back no other. Tenants that a superuser names are created.
 */
export async function recordCalls(
  em: SqlEntityManager,
  principal: Principal,
  inputs: readonly CallInput[],
  now: Date,
): Promise<Outcome[]> {
  const checked = inputs.map((input) => check(input, principal, now));
  const first = new Map<string, NewCall>();
  for (const call of checked) if (!('outcome' in call) && !first.has(keyOf(call))) first.set(keyOf(call), call);
  if (first.size === 0) return checked.filter((call) => 'outcome' in call);

  const calls = [...first.values()];
  const stored = await inTransaction(em, async (em) => {
    if (principal.kind === 'superuser') await insertMissingTenants(em, tenantsOf(calls));
    const inserted = new Map((await insertCalls(em, calls)).map((row) => [keyOf(row), row.recordedAt]));
    const found = await findCalls(
      em,
      calls.filter((call) => !inserted.has(keyOf(call))),
    );
    return { inserted, found: new Map(found.map((call) => [keyOf(call), call])) };
  });

  return checked.map((call): Outcome => {
    if ('outcome' in call) return call;
    const key = keyOf(call);
    const original = first.get(key);
    const recordedAt = stored.inserted.get(key);
    if (original && recordedAt) {
      const recorded = toCall(original, recordedAt);
      return original === call ? { outcome: 'RECORDED', call: recorded } : repeated(call, recorded);
    }
    const found = stored.found.get(key);
    if (!found) throw new Error('A call was neither stored nor found; was it deleted by hand?');
    return repeated(call, found);
  });
}

const keyOf = ({ tenantId, requestId }: CallKey) => JSON.stringify([tenantId, requestId]);

const tenantsOf = (calls: readonly NewCall[]) =>
  [...new Set(calls.map((call) => call.tenantId))].map((id) => ({ id, name: id, timezone: 'UTC' }));

type Rejected = Extract<Outcome, { outcome: 'REJECTED' }>;

function check(input: CallInput, principal: Principal, now: Date): NewCall | Rejected {
  try {
    return validateCall(input, targetTenant(principal, input.tenantId), now);
  } catch (error) {
    if (error instanceof GatewayError) return { outcome: 'REJECTED', requestId: input.requestId ?? null, error };
    throw error;
  }
}

const toCall = (call: NewCall, recordedAt: Date): Call => ({ ...call, recordedAt, voidedAt: null });

/** The same key again: a duplicate of the same call, or a conflict with another one. */
function repeated(call: NewCall, stored: Call): Outcome {
  const sameContent = Buffer.compare(call.contentHash, stored.contentHash) === 0;
  const sameTime = !call.occurredAtGiven || call.occurredAt.getTime() === stored.occurredAt.getTime();
  if (sameContent && sameTime) return { outcome: 'DUPLICATE', call: stored };
  return { outcome: 'REJECTED', requestId: call.requestId, error: new IdempotencyConflictError(call.requestId) };
}
