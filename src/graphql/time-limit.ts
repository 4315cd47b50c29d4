import { AbortedGraphQLExecutionError, type ExecutionResult } from 'graphql';
import { whileAwaited } from '../database/work.ts';
import type { Logger } from '../settings/log.ts';
import { TimeoutError } from '../values/errors.ts';
import { toClientError } from './client-error.ts';

/**
 * Executes within the longest time that a request may take. What takes longer, or is ended by `end`, is ended with its
 * statements, and the answer is the reason.
 */
export async function executeWithin(
  maxMs: number,
  execute: () => ExecutionResult | Promise<ExecutionResult>,
  { log, end = new AbortController() }: { log: Logger; end?: AbortController },
): Promise<ExecutionResult> {
  const { signal } = end;
  const timer = setTimeout(() => end.abort(tookTooLong(maxMs)), maxMs);
  try {
    return await whileAwaited(signal, execute);
  } catch (error) {
    if (signal.aborted && (error === signal.reason || error instanceof AbortedGraphQLExecutionError))
      return { errors: [toClientError(signal.reason, log)] };
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

const tookTooLong = (maxMs: number) =>
  new TimeoutError(
    `The request was ended after ${maxMs / 1000} seconds, the longest that a request may take (REQUEST_MAX_SECONDS). Ask for a shorter window or for less. Of a mutation, earlier fields may have been done: calls can be sent again with the same requestId.`,
  );
