import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError } from '../values/errors.ts';
import { subjectOf, targetTenant, type Principal } from '../caller/principal.ts';
import { observeWaiting } from '../telemetry/observe-recording.ts';
import { signals } from '../telemetry/signals.ts';
import { TenantHeldUpError, type Outcome } from './outcomes.ts';
import { previewCalls, type Store } from './store-calls.ts';
import { readerFor, withProviderUsage, type ReadProviderUsage } from './provider-usage.ts';
import { readCall, UnreadCall } from './read-call.ts';
import { validateCall, type CallInput, type NewCall } from './validate-call.ts';

export type { Outcome } from './outcomes.ts';

export const maxBatchSize = 1000;

/**
 * Checks and stores calls, and returns the outcome of each, in the order given. RECORDED and DUPLICATE calls are
 * committed. Invalid calls are REJECTED one by one; the rest are stored. Tenants that a superuser names are created if
 * they do not exist.
 */
export async function recordCalls(
  store: Store,
  principal: Principal,
  inputs: readonly (CallInput | UnreadCall)[],
  now: Date,
): Promise<Outcome[]> {
  const outcomes = await outcomesOf(
    (calls) => observeWaiting(calls, () => storePatiently(store, calls)),
    principal,
    inputs,
    now,
  );
  signals.calls.emit({ tenantId: 'tenantId' in principal ? principal.tenantId : undefined, outcomes });
  return outcomes;
}

/** What becomes of calls that are checked and given to a store, in the order given. */
async function outcomesOf(
  store: Store,
  principal: Principal,
  inputs: readonly (CallInput | UnreadCall)[],
  now: Date,
): Promise<Outcome[]> {
  const read = await readerFor(inputs);
  const checked = inputs.map((input) => check(input, { principal, now, read }));
  const calls = checked.flatMap((call) => ('outcome' in call ? [] : [call]));
  const stored = (calls.length > 0 ? await store(calls) : []).values();
  return checked.map((call) => {
    if ('outcome' in call) return call;
    const { value: outcome } = stored.next();
    if (!outcome) throw new Error('Every call has one outcome.');
    return outcome;
  });
}

/** What would become of a call if it were recorded; nothing is stored. */
export async function previewCall(
  em: SqlEntityManager,
  principal: Principal,
  input: CallInput | UnreadCall,
  now: Date,
): Promise<Outcome> {
  const [outcome] = await outcomesOf((calls) => previewCalls(em, calls, now), principal, [input], now);
  if (!outcome) throw new Error('One call has one outcome.');
  return outcome;
}

/** Pauses before calls of a tenant that is held up are tried again, in milliseconds. */
const pausesMs = [10, 30, 100, 300];

/**
 * Stores calls, and tries those again whose tenant is being deleted or has its budgets changed: a moment later that is done, or
 * has failed. It happens here, where only the caller waits, and not in the statement that its calls share with others.
 */
async function storePatiently(store: Store, calls: readonly NewCall[]): Promise<Outcome[]> {
  const outcomes = await store(calls);
  for (const pauseMs of pausesMs) {
    const waiting = calls.flatMap((call, place) => (isHeldUp(outcomes[place]) ? [{ call, place }] : []));
    if (waiting.length === 0) break;
    await sleep(pauseMs);
    // What the other calls have become must not be lost with an error.
    const again = await store(waiting.map(({ call }) => call)).catch(() => []);
    for (const [index, outcome] of again.entries()) outcomes[waiting[index]?.place ?? -1] = outcome;
  }
  return outcomes;
}

const isHeldUp = (outcome: Outcome | undefined) =>
  outcome?.outcome === 'REJECTED' && outcome.error instanceof TenantHeldUpError;

type Rejected = Extract<Outcome, { outcome: 'REJECTED' }>;

interface Checking {
  principal: Principal;
  now: Date;
  read: ReadProviderUsage | undefined;
}

function check(given: CallInput | UnreadCall, { principal, now, read }: Checking): NewCall | Rejected {
  try {
    const input = withProviderUsage(given instanceof UnreadCall ? readCall(given.json) : given, read);
    const call = validateCall(input, {
      tenantId: targetTenant(principal, input.tenantId),
      recordedBy: subjectOf(principal),
      now,
    });
    call.mayCreateTenant = principal.kind === 'superuser';
    return call;
  } catch (error) {
    if (error instanceof GatewayError) return { outcome: 'REJECTED', requestId: given.requestId ?? null, error };
    throw error;
  }
}
