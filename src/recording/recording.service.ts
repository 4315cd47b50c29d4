import { GatewayError } from '../values/errors.ts';
import { subjectOf, targetTenant, type Principal } from '../caller/principal.ts';
import { observeWaiting } from '../telemetry/observe-recording.ts';
import { signals } from '../telemetry/signals.ts';
import type { Outcome, Store } from './store-calls.ts';
import { validateCall, type CallInput, type NewCall } from './validate-call.ts';

export type { Outcome } from './store-calls.ts';

export const maxBatchSize = 1000;

/**
 * Checks and stores calls, and returns the outcome of each, in the order given. RECORDED and DUPLICATE calls are
 * committed. Invalid calls are REJECTED one by one; the rest are stored. Tenants that a superuser names are created if
 * they do not exist.
 */
export async function recordCalls(
  store: Store,
  principal: Principal,
  inputs: readonly CallInput[],
  now: Date,
): Promise<Outcome[]> {
  const checked = inputs.map((input) => check(input, principal, now));
  const calls = checked.flatMap((call) => ('outcome' in call ? [] : [call]));
  const stored = (calls.length > 0 ? await observeWaiting(calls, () => store(calls)) : []).values();
  const outcomes = checked.map((call) => {
    if ('outcome' in call) return call;
    const { value: outcome } = stored.next();
    if (!outcome) throw new Error('Every call has one outcome.');
    return outcome;
  });
  signals.calls.emit({ tenantId: 'tenantId' in principal ? principal.tenantId : undefined, outcomes });
  return outcomes;
}

type Rejected = Extract<Outcome, { outcome: 'REJECTED' }>;

function check(input: CallInput, principal: Principal, now: Date): NewCall | Rejected {
  try {
    const call = validateCall(input, {
      tenantId: targetTenant(principal, input.tenantId),
      recordedBy: subjectOf(principal),
      now,
    });
    call.mayCreateTenant = principal.kind === 'superuser';
    return call;
  } catch (error) {
    if (error instanceof GatewayError) return { outcome: 'REJECTED', requestId: input.requestId ?? null, error };
    throw error;
  }
}
