import type { Dropped, WaitingCall } from './call.ts';

/** What is used of fetch, of whatever runtime. */
export type Fetch = (
  url: string,
  init: { method: string; headers: Record<string, string>; body: string; signal: AbortSignal },
) => Promise<{ status: number; headers: { get(name: string): string | null }; text(): Promise<string> }>;

export interface Connection {
  /** The gateway's address without a path. */
  url: string;
  apiKey: string;
  tenantId: string | undefined;
  fetch: Fetch;
  timeoutMs: number;
  /** Aborted when nobody waits for answers any more. */
  ended: AbortSignal;
}

/** What became of a batch. Calls that are neither stored nor dropped are to be sent again. */
export interface Sent {
  recorded: number;
  duplicates: number;
  dropped: Dropped[];
  again: WaitingCall[];
  /** Why calls are to be sent again, and how long to wait before that at least. */
  problem: { message: string; waitMs: number; isOfSize: boolean } | undefined;
}

interface Result {
  outcome: 'RECORDED' | 'DUPLICATE' | 'REPLACED' | 'REJECTED';
  error: { code: string; message: string } | null;
}

const secondMs = 1000;
/** Wrong keys and the like are for people to correct, which takes a while. */
const patientMs = 30 * secondMs;

/** Sends a batch once. It never throws: whatever goes wrong, calls are to be sent again or are dropped with a reason. */
export async function sendBatch(calls: readonly WaitingCall[], connection: Connection): Promise<Sent> {
  const { url, apiKey, tenantId, fetch, timeoutMs, ended } = connection;
  try {
    const response = await fetch(`${url}/v1/calls`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${apiKey}`,
        'content-type': 'application/x-ndjson',
        ...(tenantId === undefined ? {} : { 'x-tenant-id': tenantId }),
      },
      body: calls.map(({ json }) => json).join('\n'),
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ended]),
    });
    const text = await response.text();
    if (response.status === 200) return fromResults(calls, readResults(text, calls.length));
    return refused(calls, response.status, text, Number(response.headers.get('retry-after')) * secondMs);
  } catch (error) {
    return again(calls, error instanceof Error ? error.message : String(error), 0);
  }
}

const again = (calls: readonly WaitingCall[], message: string, waitMs: number, isOfSize = false): Sent => ({
  recorded: 0,
  duplicates: 0,
  dropped: [],
  again: [...calls],
  problem: { message, waitMs, isOfSize },
});

function readResults(text: string, expected: number): Result[] {
  const { results } = JSON.parse(text) as { results: Result[] };
  if (results.length !== expected) throw new Error('The answer has not one result for each call.');
  return results;
}

function refused(calls: readonly WaitingCall[], status: number, text: string, retryAfterMs: number): Sent {
  const message = `${status}: ${text.slice(0, 500)}`;
  const waitMs = Number.isFinite(retryAfterMs) ? retryAfterMs : 0;
  const isOfSize = status === 400 || status === 413;
  // Too large, or not readable as a whole: alone each call shows whether it is to blame.
  if (isOfSize && calls.length === 1)
    return {
      ...again([], message, 0),
      problem: undefined,
      dropped: [{ requestIds: calls.map(({ requestId }) => requestId), reason: message }],
    };
  const isForPeople = status >= 400 && status < 500 && !isOfSize && status !== 408 && status !== 429;
  return again(calls, message, isForPeople ? patientMs : waitMs, isOfSize);
}

function fromResults(calls: readonly WaitingCall[], results: readonly Result[]): Sent {
  const sent: Sent = { recorded: 0, duplicates: 0, dropped: [], again: [], problem: undefined };
  for (const [place, call] of calls.entries()) {
    const result = results[place];
    if (result?.outcome === 'RECORDED' || result?.outcome === 'REPLACED') sent.recorded++;
    else if (result?.outcome === 'DUPLICATE') sent.duplicates++;
    else if (result?.error?.code === 'OVERLOADED') sent.again.push(call);
    else
      sent.dropped.push({
        requestIds: [call.requestId],
        reason: `${result?.error?.code}: ${result?.error?.message}`,
      });
  }
  if (sent.again.length > 0)
    sent.problem = { message: 'The gateway could not store some calls now.', waitMs: 0, isOfSize: false };
  return sent;
}
