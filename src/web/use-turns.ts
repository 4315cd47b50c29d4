import type { Plugin } from 'graphql-yoga';
import { toClientError } from '../graphql/client-error.ts';
import type { Logger } from '../settings/log.ts';
import { refusalResponse } from './error-response.ts';
import { responseOf } from './node-response.ts';
import type { RequestTurns } from './request-turns.ts';
import { knownCaller } from './use-authentication.ts';

/**
 * Lets requests in by turns of their tenants, before their bodies are read: a tenant that sends many at once waits for
 * itself, and what would wait too long is refused at once. It comes after authentication.
 */
export function useTurns(turns: RequestTurns, log: Logger): Plugin<{ request: Request }> {
  const leaving = new WeakMap<Request, () => void>();
  return {
    async onRequest({ request, serverContext, fetchAPI, endResponse }) {
      const principal = knownCaller(request);
      const response = responseOf(serverContext);
      // Health and pages take no turns.
      if (principal === undefined || response === undefined) return;
      try {
        const turn = await turns.enter(principal, request.headers.get('authorization') ?? '');
        let isOver = false;
        const leave = () => {
          if (!isOver) turn();
          isOver = true;
        };
        leaving.set(request, leave);
        if (response.closed || response.destroyed) leave();
        else response.once('close', leave);
      } catch (error) {
        endResponse(refusalResponse(fetchAPI, toClientError(error, log)));
      }
    },
    // An open stream takes no turn. Each of its reports takes one of the report gate.
    onSubscribe: ({ args: { contextValue } }) => ({
      onSubscribeResult: () => leaving.get(contextValue.request)?.(),
    }),
  };
}
