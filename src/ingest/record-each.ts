import { maxBatchSize, recordCalls } from '../recording/recording.service.ts';
import type { Outcome } from '../recording/outcomes.ts';
import type { CallInput } from '../recording/validate-call.ts';
import { signals } from '../telemetry/signals.ts';
import { GatewayError } from '../values/errors.ts';
import type { IngestRequest } from './road.ts';

export type Rejected = Extract<Outcome, { outcome: 'REJECTED' }>;
/** A call as it was read, or why it could not be. */
export type ReadCall = CallInput | Rejected;

const isRejected = (call: ReadCall): call is Rejected => 'outcome' in call;

/** What `read` returns; an error for the caller rejects this call alone. */
export function orRejected(requestId: string | null, read: () => CallInput): ReadCall {
  try {
    return read();
  } catch (error) {
    if (error instanceof GatewayError) return { outcome: 'REJECTED', requestId, error };
    throw error;
  }
}

/**
 * Records calls, of which some may have been rejected when they were read, and returns the outcome of each in the order
 * given. They count against the caller's rate as a whole, before any is stored.
 * @throws {GatewayError} when the calls are refused as a whole. Some may be stored; sending all of them again is safe.
 */
export async function recordEach(
  calls: readonly ReadCall[],
  { principal, tenantId, now, services }: Omit<IngestRequest, 'headers' | 'body'>,
): Promise<Outcome[]> {
  const inputs = calls.flatMap((call) => (isRejected(call) ? [] : [withTenant(call, tenantId)]));
  const rejected = calls.filter(isRejected);
  if (calls.length > 0) services.rateLimits.countCalls(principal, calls.length);
  const stored: Outcome[] = [];
  for (let from = 0; from < inputs.length; from += maxBatchSize) {
    const some = inputs.slice(from, from + maxBatchSize);
    stored.push(...(await recordCalls(services.recordingQueue.store, principal, some, now)));
  }
  if (rejected.length > 0)
    signals.calls.emit({ tenantId: 'tenantId' in principal ? principal.tenantId : undefined, outcomes: rejected });
  if (rejected.length === 0) return stored;
  const next = stored.values();
  return calls.map((call) => {
    if (isRejected(call)) return call;
    const { value: outcome } = next.next();
    if (!outcome) throw new Error('Every call has one outcome.');
    return outcome;
  });
}

const withTenant = (call: CallInput, tenantId: string | undefined): CallInput =>
  tenantId === undefined || (call.tenantId !== undefined && call.tenantId !== null) ? call : { ...call, tenantId };

/**
 * Refuses a request as a whole when some of its calls could not be stored just now, for senders who look at the status
 * alone: they send all of it again, which counts nothing twice.
 */
export function refuseHeldUp(outcomes: readonly Outcome[]): void {
  for (const result of outcomes)
    if (result.outcome === 'REJECTED' && result.error.code === 'OVERLOADED') throw result.error;
}

/** The outcomes as JSON, in the form of RecordUsageBatchPayload without the calls themselves. */
export function outcomesJson(outcomes: readonly Outcome[]): string {
  const counts = { RECORDED: 0, DUPLICATE: 0, REPLACED: 0, REJECTED: 0 };
  const results = outcomes.map((result) => {
    counts[result.outcome]++;
    if (result.outcome !== 'REJECTED')
      return { outcome: result.outcome, requestId: result.call.requestId, error: null };
    const { code, message, field = null } = result.error;
    return { outcome: result.outcome, requestId: result.requestId, error: { code, message, field } };
  });
  const { RECORDED: recorded, DUPLICATE: duplicates, REPLACED: replaced, REJECTED: rejected } = counts;
  return JSON.stringify({ recorded, duplicates, replaced, rejected, results });
}
