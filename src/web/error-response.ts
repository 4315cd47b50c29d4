import type { GraphQLError } from 'graphql';
import type { FetchAPI } from 'graphql-yoga';
import type { ErrorCode } from '../values/errors.ts';

/** A refusal before GraphQL's execution, in the form of GraphQL errors. */
export const errorResponse = (
  { Response }: Pick<FetchAPI, 'Response'>,
  status: number,
  code: ErrorCode,
  message: string,
  headers: Record<string, string> = {},
): Response => Response.json({ errors: [{ message, extensions: { code } }] }, { status, headers });

/** The same of an error as clients see it, which carries its status and headers. */
export function refusalResponse({ Response }: Pick<FetchAPI, 'Response'>, error: GraphQLError): Response {
  const { http, ...extensions } = error.extensions;
  return Response.json(
    { errors: [{ message: error.message, extensions }] },
    // A copy, since the headers of the body are added to it.
    { status: http?.status ?? 500, headers: { ...http?.headers } },
  );
}
