import { setTimeout as sleep } from 'node:timers/promises';
import { useReadinessCheck, type Plugin } from 'graphql-yoga';
import { retryAfterSeconds } from '../graphql/client-error.ts';
import type { Logger } from '../settings/log.ts';
import { errorResponse } from './error-response.ts';

const patienceMs = 4_000;

/** Answers 200 at /health/ready when `check` succeeds within four seconds, and 503 otherwise. */
export function useReadiness(check: () => Promise<unknown>, log: Logger): Plugin {
  const giveUp = async () => {
    await sleep(patienceMs, undefined, { ref: false });
    throw new Error(`The database did not answer within ${patienceMs} ms.`);
  };
  return useReadinessCheck({
    endpoint: '/health/ready',
    async check({ fetchAPI }) {
      try {
        await Promise.race([check(), giveUp()]);
        return true;
      } catch (error) {
        log.warn({ err: error }, 'not ready');
        const headers = { 'retry-after': String(retryAfterSeconds) };
        return errorResponse(
          fetchAPI,
          503,
          'OVERLOADED',
          'The database is not available, or stores no calls.',
          headers,
        );
      }
    },
  });
}
