import type { RequestServices } from '../caller/request-context.ts';
import { forkForPlatform } from '../database/session.ts';
import { storeNothing } from './call.repository.ts';

/** How long calls may wait without any being stored before the gateway calls itself stuck. */
const patienceMs = 4_000;

/**
 * Checks that calls can be stored: the database takes a statement like that which stores calls, and calls that wait are
 * being stored. Whoever asks while one looks waits for the same answer, so that questions never use up the connections.
 */
export function recordingCheck(services: Pick<RequestServices, 'orm' | 'recordingQueue'>): () => Promise<void> {
  let looking: Promise<void> | undefined;
  return async () => {
    const stalledMs = services.recordingQueue.stalledMs();
    if (stalledMs > patienceMs)
      throw new Error(`Calls wait to be stored, and none was in the last ${Math.round(stalledMs)} ms.`);
    looking ??= storeNothing(forkForPlatform(services)).finally(() => (looking = undefined));
    await looking;
  };
}
