import type { Plugin } from 'graphql-yoga';
import type { RateLimits } from '../admission/rate-limits.ts';
import { toClientError } from '../graphql/client-error.ts';
import { callsOfDocument } from '../recording/calls-of-document.ts';
import type { Logger } from '../settings/log.ts';
import { refusalResponse } from './error-response.ts';
import { knownCaller, type Authenticated } from './use-authentication.ts';

/**
 * Refuses requests of callers that send too many of them, or too many calls, as a whole: requests before their body is
 * read, calls before any of a document is stored. It comes after authentication.
 */
export function useRateLimits(limits: RateLimits, log: Logger): Plugin<object, object> {
  return {
    onRequest({ request, fetchAPI, endResponse }) {
      const principal = knownCaller(request);
      // Health and pages need no caller.
      if (principal === undefined) return;
      try {
        limits.countRequest(principal);
      } catch (error) {
        endResponse(refusalResponse(fetchAPI, toClientError(error, log)));
      }
    },
    onExecute({ args, setResultAndStopExecution }) {
      const { principal } = args.contextValue as object as Authenticated;
      const calls = callsOfDocument(args.document, args.operationName, args.variableValues ?? {});
      if (calls === 0) return;
      try {
        limits.countCalls(principal, calls);
      } catch (error) {
        setResultAndStopExecution({ errors: [toClientError(error, log)] });
      }
    },
  };
}
