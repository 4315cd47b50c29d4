import type { Plugin } from 'graphql-yoga';
import { withClientErrors } from '../graphql/client-error.ts';
import type { Logger } from '../settings/log.ts';

/**
 * Gives errors that Yoga does not mask, those of validation and of other plugins, a known code as well. An answer has at
 * most ten errors; `extensions.errorsLeftOut` says how many more there were.
 */
export function useClientErrors(log: Logger): Plugin {
  return {
    onExecutionResult({ result, setResult }) {
      if (!result || Symbol.asyncIterator in result || !result.errors) return;
      setResult(withClientErrors(result, log));
    },
  };
}
