import { STATUS_CODES, type OutgoingHttpHeaders } from 'node:http';
import type { GraphQLError } from 'graphql';
import type { ErrorCode } from '../values/errors.ts';

/** Paths that are answered with problem details; everything else is answered with GraphQL errors. */
export const isPlainHttp = (url = ''): boolean => url.startsWith('/v1/');

const statuses: Readonly<Partial<Record<ErrorCode, number>>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  IDEMPOTENCY_CONFLICT: 409,
  RATE_LIMITED: 429,
  INTERNAL_SERVER_ERROR: 500,
  OVERLOADED: 503,
  TIMEOUT: 504,
};

export interface Problem {
  status: number;
  headers: OutgoingHttpHeaders;
  body: string;
  code: string;
}

/** An error as problem details (RFC 9457), with the code, and the field where there is one, as GraphQL errors have them. */
export function problem(
  status: number,
  { message, extensions }: Pick<GraphQLError, 'message' | 'extensions'>,
  headers: OutgoingHttpHeaders = {},
): Problem {
  const { code, field, requestId } = extensions;
  const body = { type: 'about:blank', title: STATUS_CODES[status], status, detail: message, code, field, requestId };
  const contentType = 'application/problem+json; charset=utf-8';
  return {
    status,
    headers: { ...headers, 'content-type': contentType },
    body: JSON.stringify(body),
    code: String(code),
  };
}

/** The same of an error as clients see it, which may carry its status and headers. */
export function problemOf(error: Pick<GraphQLError, 'message' | 'extensions'>): Problem {
  const { code, http } = error.extensions;
  const status = http?.status ?? statuses[code as ErrorCode] ?? 400;
  return problem(status, error, { ...http?.headers });
}
