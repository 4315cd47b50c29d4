import type { ExecutionResult } from 'graphql';
import type { LiveStream } from './live-stream.ts';

/** What a subscription asks: which document, with which variables and rights. */
export interface Asked {
  /** Equal for all who get the same answers. */
  key: string;
  /**
   * The answer to an event of the source, made within the time of a request. Its errors are as clients see them.
   * @param now is given the clock reading of the answer.
   * @param end ends it, with its statements.
   */
  answer(event: unknown, now?: (at: Date) => void, end?: AbortController): Promise<ExecutionResult>;
}

/** What a field of Subscription gives: something to be followed. */
export abstract class LiveSource<Event = unknown> implements AsyncIterable<Event> {
  /**
   * Answers on a stream from now on, together with all who ask the same.
   * @throws {GatewayError} when there is nothing to follow.
   */
  abstract attach(asked: Asked, stream: LiveStream): Promise<void>;

  /** GraphQL wants a stream of events; answers to them are shared instead. */
  [Symbol.asyncIterator](): AsyncIterator<Event> {
    throw new Error('A live source is attached to, so that equal questions share their answers.');
  }
}

/** Why an answer is none, if so: "passing" where the same may be answered a little later. */
export function failureOf({ data, errors }: ExecutionResult): 'passing' | 'lasting' | undefined {
  if (data || !errors) return undefined;
  return errors.some(({ extensions }) => passing.has(String(extensions['code']))) ? 'passing' : 'lasting';
}

const passing = new Set(['OVERLOADED', 'TIMEOUT', 'INTERNAL_SERVER_ERROR']);
