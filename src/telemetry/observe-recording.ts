import { currentRequest, outsideRequests } from './request-record.ts';
import { signals } from './signals.ts';
import { inSpan, startSpan } from './tracing.ts';

/** Calls of one request that wait to be stored, by the first of them. */
const waiting = new WeakMap<object, () => void>();
let waitingCalls = 0;

/** How many calls wait to be stored. */
export const recordingQueueCalls = (): number => waitingCalls;

/** Measures how long the calls of one request wait until they are being stored. */
export async function observeWaiting<T>(calls: readonly object[], store: () => Promise<T>): Promise<T> {
  const [first] = calls;
  if (!first) return store();
  const request = currentRequest();
  if (request) request.rows += calls.length;
  const span = startSpan('recording.wait', { 'usage_gateway.calls': calls.length });
  const startedMs = performance.now();
  const leave = () => {
    waitingCalls -= calls.length;
    waiting.delete(first);
    span?.end();
  };
  waitingCalls += calls.length;
  waiting.set(first, () => {
    leave();
    signals.waited.emit({ ms: performance.now() - startedMs });
  });
  try {
    return await store();
  } finally {
    // They never came to be stored when there was no room for them.
    if (waiting.has(first)) leave();
  }
}

/** Stores calls of any number of requests, which have waited no longer. */
export function observeStoring<T>(calls: readonly object[], store: () => Promise<T>): Promise<T> {
  for (const call of calls) waiting.get(call)?.();
  return outsideRequests(() => inSpan('recording.store', { 'usage_gateway.calls': calls.length }, store));
}
