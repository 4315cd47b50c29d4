import type { Plugin } from 'graphql-yoga';
import type { RateLimits } from '../admission/rate-limits.ts';
import { toClientError } from '../graphql/client-error.ts';
import { callsOfDocument } from '../recording/calls-of-document.ts';
import type { Logger } from '../settings/log.ts';
import type { Authenticated } from './use-authentication.ts';

/**
 * Refuses requests of callers that send too many of them, or too many calls, as a whole: nothing of a request that is
 * refused is stored. It comes after authentication.
 */
export function useRateLimits(limits: RateLimits, log: Logger): Plugin<object, object> {
  return {
    onParams({ context, setResult }) {
      const { principal } = context as Partial<Authenticated>;
      // Without one, authentication has refused the request.
      if (principal === undefined) return;
      try {
        limits.countRequest(principal);
      } catch (error) {
        setResult({ errors: [toClientError(error, log)] });
      }
    },
    onExecute({ args, setResultAndStopExecution }) {
      const { principal } = args.contextValue as Partial<Authenticated>;
      const calls = callsOfDocument(args.document, args.operationName, args.variableValues ?? {});
      if (principal === undefined || calls === 0) return;
      try {
        limits.countCalls(principal, calls);
      } catch (error) {
        setResultAndStopExecution({ errors: [toClientError(error, log)] });
      }
    },
  };
}
