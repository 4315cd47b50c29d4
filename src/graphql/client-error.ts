import { randomUUID } from 'node:crypto';
import { GraphQLError, type ExecutionResult, type GraphQLErrorExtensions } from 'graphql';
import { GatewayError, TimeoutError, type ErrorCode } from '../values/errors.ts';
import type { Logger } from '../settings/log.ts';
import { isTimedOut, isUnavailable } from '../database/unavailable.ts';
import { currentRequest } from '../telemetry/request-record.ts';

/** An error as clients see it. */
export class ClientError extends GraphQLError {}

/** When a client that got OVERLOADED may try again, unless the error knows better. */
export const retryAfterSeconds = 1;

/**
 * An error as clients see it: the one place where errors become GraphQL. Our own errors keep their message and code, a
 * document that GraphQL refuses is a VALIDATION_ERROR, and everything else is masked: the answer has a request id, and the
 * log has the error under that id.
 */
export function toClientError(error: unknown, log: Logger): ClientError {
  if (error instanceof ClientError) return error;
  const executed = error instanceof GraphQLError && error.path !== undefined;
  if (isRequestError(error))
    return located(
      error,
      error.message,
      'VALIDATION_ERROR',
      fieldOf(error),
      error.extensions.http ?? (executed ? undefined : unfit),
    );
  const cause = error instanceof GraphQLError ? error.originalError : error;
  if (cause instanceof GatewayError) {
    const shown = located(error, cause.message, cause.code, cause.field, httpOf(cause));
    Object.assign(shown.extensions, cause.details);
    return shown;
  }
  const requestId = logOnce(cause, log);
  if (isTimedOut(cause))
    return located(error, tookTooLong.message, tookTooLong.code, undefined, executed ? undefined : httpOf(tookTooLong));
  if (isUnavailable(cause))
    return located(error, 'The database is not available. Try again.', 'OVERLOADED', undefined, {
      status: 503,
      headers: retryAfter(),
    });
  const http = executed ? undefined : { status: 500 };
  const masked = located(error, 'Something went wrong on our side.', 'INTERNAL_SERVER_ERROR', undefined, http);
  masked.extensions['requestId'] = requestId;
  return masked;
}

/** GraphQL says of no document more than this. */
export const maxErrors = 10;

/**
 * A result whose errors are as clients see them: at most ten; `extensions.errorsLeftOut` says how many more there were.
 */
export function withClientErrors(result: ExecutionResult, log: Logger): ExecutionResult {
  if (!result.errors) return result;
  const errors = result.errors.slice(0, maxErrors).map((error) => toClientError(error, log));
  const leftOut = result.errors.length - errors.length;
  // GraphQL over HTTP requires 200 for an answer with data, even a partial one.
  if (result.data) for (const error of errors) delete error.extensions.http;
  const extensions = leftOut > 0 ? { ...result.extensions, errorsLeftOut: leftOut } : result.extensions;
  return { ...result, errors, ...(extensions ? { extensions } : {}) };
}

/** Ids of the requests that an error was logged for. Requests that were stored together share their error. */
const tookTooLong = new TimeoutError(
  'The database took longer than it may. Ask for a shorter window or for less, or try again.',
);

const requestIds = new WeakMap<Error, string[]>();

/** Logs the cause of a masked error, once for all fields that failed with it, and returns the request id to find it. */
function logOnce(cause: unknown, log: Logger): string {
  const known = cause instanceof Error ? (requestIds.get(cause) ?? []) : [];
  const current = currentRequest()?.id;
  const same = current === undefined ? known[0] : known.find((id) => id === current);
  if (same !== undefined) return same;
  const requestId = current ?? randomUUID();
  if (cause instanceof Error) requestIds.set(cause, [...known, requestId]);
  log.error({ err: cause, requestId }, 'a request failed');
  return requestId;
}

type Http = GraphQLErrorExtensions['http'];

/** GraphQL over HTTP: 400, but 200 for clients that accept only application/json. */
const unfit: Http = { status: 400, spec: true };

const retryAfter = (seconds = retryAfterSeconds) => ({ 'retry-after': String(seconds) });

function httpOf(error: GatewayError): Http {
  if (error.code === 'UNAUTHENTICATED') return { status: 401, headers: { 'www-authenticate': 'Bearer' } };
  if (error.code === 'OVERLOADED') return { status: 503, headers: retryAfter(error.retryAfterSeconds) };
  if (error.code === 'RATE_LIMITED') return { status: 429, headers: retryAfter(error.retryAfterSeconds) };
  return error instanceof TimeoutError ? { status: error.status } : undefined;
}

function located(error: unknown, message: string, code: ErrorCode, field: string | undefined, http: Http): ClientError {
  const at =
    error instanceof GraphQLError
      ? { nodes: error.nodes, source: error.source, positions: error.positions, path: error.path }
      : {};
  return new ClientError(message, {
    ...at,
    extensions: { code, ...(field === undefined ? {} : { field }), ...(http === undefined ? {} : { http }) },
  });
}

/** An error of graphql-js about the document or its variables, rather than one that a resolver threw. */
const isRequestError = (error: unknown): error is GraphQLError =>
  error instanceof GraphQLError && (error.originalError === undefined || error.originalError instanceof GraphQLError);

/** The argument, input field or variable whose value graphql-js rejected. */
function fieldOf({ message, nodes }: GraphQLError): string | undefined {
  const variable = /^Variable "\$(\w+)" has invalid value(?: at (\S+))?: /.exec(message);
  if (variable) return variable[2]?.match(/\w*[a-z_]\w*/gi)?.at(-1) ?? variable[1];
  // In the document the name comes before the last colon before the value.
  let token = nodes?.[0]?.loc?.startToken;
  if (!nodes?.[0]?.kind.endsWith('Value')) return undefined;
  while (token && token.kind !== ':') token = token.prev ?? undefined;
  return token?.prev?.value;
}
