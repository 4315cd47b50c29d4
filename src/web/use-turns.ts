import type { Plugin } from 'graphql-yoga';
import { Gate } from '../admission/gate.ts';
import { laneOf } from '../caller/principal.ts';
import { toClientError } from '../graphql/client-error.ts';
import type { Logger } from '../settings/log.ts';
import type { RequestLimits } from '../settings/request-limits.ts';
import { refusalResponse } from './error-response.ts';
import { responseOf } from './node-response.ts';
import { knownCaller } from './use-authentication.ts';

const companyMs = 2_000;

/**
 * Lets requests in by turns of their tenants, before their bodies are read: a tenant that sends many at once waits for
 * itself, and what would wait too long is refused at once. It comes after authentication.
 */
export function useTurns({ atOnce, atOnceEach, waitingEach, waitMs }: RequestLimits['turns'], log: Logger): Plugin {
  const gate = new Gate({
    what: 'requests',
    maxInside: atOnce,
    maxInsideEach: atOnceEach,
    maxWaitingEach: waitingEach,
    maxWaitMs: waitMs,
    companyMs,
  });
  return {
    async onRequest({ request, serverContext, fetchAPI, endResponse }) {
      const principal = knownCaller(request);
      const response = responseOf(serverContext);
      // Health and pages take no turns.
      if (principal === undefined || response === undefined) return;
      try {
        const leave = await gate.enter(laneOf(principal));
        if (response.closed || response.destroyed) leave();
        else response.once('close', leave);
      } catch (error) {
        endResponse(refusalResponse(fetchAPI, toClientError(error, log)));
      }
    },
  };
}
