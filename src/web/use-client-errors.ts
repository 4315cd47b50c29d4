import type { Plugin } from 'graphql-yoga';
import { toClientError } from '../graphql/client-error.ts';
import { maxErrors } from './use-document-limits.ts';
import type { Logger } from '../settings/log.ts';

/**
 * Gives errors that Yoga does not mask, those of validation and of other plugins, a known code as well. An answer has at
 * most ten errors; `extensions.errorsLeftOut` says how many more there were.
 */
export function useClientErrors(log: Logger): Plugin {
  return {
    onExecutionResult({ result, setResult }) {
      if (!result || Symbol.asyncIterator in result || !result.errors) return;
      const shown = result.errors.slice(0, maxErrors);
      const errors = shown.map((error) => toClientError(error, log));
      const leftOut = result.errors.length - errors.length;
      // GraphQL over HTTP requires 200 for an answer with data, even a partial one.
      if (result.data) for (const error of errors) delete error.extensions.http;
      const extensions = leftOut > 0 ? { ...result.extensions, errorsLeftOut: leftOut } : result.extensions;
      setResult({ ...result, errors, ...(extensions ? { extensions } : {}) });
    },
  };
}
