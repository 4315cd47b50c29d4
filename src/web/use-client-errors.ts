import type { Plugin } from 'graphql-yoga';
import { toClientError } from '../graphql/client-error.ts';
import type { Logger } from '../settings/log.ts';

/** Gives errors that Yoga does not mask, those of validation and of other plugins, a known code as well. */
export function useClientErrors(log: Logger): Plugin {
  return {
    onExecutionResult({ result, setResult }) {
      if (!result || Symbol.asyncIterator in result || !result.errors) return;
      const errors = result.errors.map((error) => toClientError(error, log));
      // GraphQL over HTTP requires 200 for an answer with data, even a partial one.
      if (result.data) for (const error of errors) delete error.extensions.http;
      setResult({ ...result, errors });
    },
  };
}
