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
