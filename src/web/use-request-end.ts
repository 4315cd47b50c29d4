import type { Plugin } from 'graphql-yoga';
import { executeWithin } from '../graphql/time-limit.ts';
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
      setExecuteFn(async (args) => {
        const end = new AbortController();
        const leave = () => end.abort(new TimeoutError('The client left before it was answered.', 408));
        if (response?.destroyed) leave();
        else response?.once('close', leave);
        try {
          return await executeWithin(maxMs, () => executeFn(args), { log, end });
        } finally {
          response?.off('close', leave);
        }
      });
    },
  };
}
