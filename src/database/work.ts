import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * What statements are sent for, where that decides how long they may take: background work, recording, or a request, whose
 * signal is aborted once nobody waits for it any more.
 */
type Work = 'long' | 'recording' | AbortSignal;

const current = new AsyncLocalStorage<Work>();

/** Does work whose statements may take as long as they need, such as making summaries anew. */
export const withoutTimeLimit = <T>(work: () => Promise<T>): Promise<T> => current.run('long', work);

/**
 * Does work whose statements are sent again when they are not answered soon, since whoever waits for it cannot wait long.
 * It is done to the end, even when the request that asked for it has ended.
 */
export const whileRecording = <T>(work: () => Promise<T>): Promise<T> => current.run('recording', work);

/** Does the work of a request. Once `signal` is aborted its statements end, and no further ones are sent. */
export const whileAwaited = <T>(signal: AbortSignal, work: () => T): T => current.run(signal, work);

export const currentWork = (): Work | undefined => current.getStore();

/** The signal of the request that is worked on; undefined for other work. */
export function requestSignal(): AbortSignal | undefined {
  const work = current.getStore();
  return work instanceof AbortSignal ? work : undefined;
}
