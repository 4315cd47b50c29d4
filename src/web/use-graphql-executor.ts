import { execute } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { requestSignal } from '../database/work.ts';

/**
 * Executes with graphql-js. Yoga's own executor drops the promises of sibling fields when one of them throws, and a
 * second failure among them then ends the process as an unhandled rejection.
 */
export function useGraphQLExecutor({ hideSuggestions }: { hideSuggestions: boolean }): Plugin {
  return {
    onExecute: ({ setExecuteFn }) =>
      setExecuteFn((args) => execute({ ...args, hideSuggestions, abortSignal: requestSignal() })),
  };
}
