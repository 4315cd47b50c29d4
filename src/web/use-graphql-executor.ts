import {
  execute,
  executeRootSelectionSet,
  getOperationAST,
  validateExecutionArgs,
  type ExecutionArgs,
  type ExecutionResult,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { requestSignal } from '../database/work.ts';
import { unreadVariables } from '../recording/unread-variables.ts';

/**
 * Executes with graphql-js. Yoga's own executor drops the promises of sibling fields when one of them throws, and a
 * second failure among them then ends the process as an unhandled rejection. Calls in variables are not read here: each is
 * recorded or rejected on its own.
 */
export function useGraphQLExecutor({ hideSuggestions }: { hideSuggestions: boolean }): Plugin {
  return {
    onExecute: ({ setExecuteFn }) =>
      setExecuteFn((args) => executeWithCalls({ ...args, hideSuggestions, abortSignal: requestSignal() })),
  };
}

function executeWithCalls(args: ExecutionArgs): ExecutionResult | Promise<ExecutionResult> {
  const operation = getOperationAST(args.document, args.operationName);
  if (!operation) return execute(args);
  const { placeholders, calls } = unreadVariables(operation, args.variableValues ?? {});
  if (Object.keys(calls).length === 0) return execute(args);
  const validated = validateExecutionArgs({ ...args, variableValues: placeholders });
  if (!('schema' in validated)) return { errors: validated };
  Object.assign(validated.variableValues.coerced, calls);
  return executeRootSelectionSet(validated);
}
