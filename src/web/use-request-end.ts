import { AbortedGraphQLExecutionError, type ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { whileAwaited } from '../database/work.ts';
import { toClientError } from '../graphql/client-error.ts';
import type { Logger } from '../settings/log.ts';
import type { RequestLimits } from '../settings/request-limits.ts';
import { TimeoutError } from '../values/errors.ts';
import { responseOf } from './node-response.ts';

/**
 * Ends the execution of a request, and with it its statements, when its client has left or when it takes longer than it
 * may. Further root fields of a mutation are not begun. Calls that wait to be stored are stored all the same.
 */
export function useRequestEnd({ maxMs }: Pick<RequestLimits, 'maxMs'>, log: Logger): Plugin {
  return {
    onExecute({ args: { contextValue }, executeFn, setExecuteFn }) {
      const response = responseOf(contextValue as object);
      setExecuteFn(async (args): Promise<ExecutionResult> => {
        const end = new AbortController();
        const leave = () => end.abort(new TimeoutError('The client left before it was answered.', 408));
        const timer = setTimeout(() => end.abort(tookTooLong(maxMs)), maxMs);
        if (response?.destroyed) leave();
        else response?.once('close', leave);
        const { signal } = end;
        try {
          return await whileAwaited(signal, () => executeFn(args));
        } catch (error) {
          if (signal.aborted && (error === signal.reason || error instanceof AbortedGraphQLExecutionError))
            return { errors: [toClientError(signal.reason, log)] };
          throw error;
        } finally {
          clearTimeout(timer);
          response?.off('close', leave);
        }
      });
    },
  };
}

const tookTooLong = (maxMs: number) =>
  new TimeoutError(
    `The request was ended after ${maxMs / 1000} seconds, the longest that a request may take (REQUEST_MAX_SECONDS). Ask for a shorter window or for less. Of a mutation, earlier fields may have been done: calls can be sent again with the same requestId.`,
  );
