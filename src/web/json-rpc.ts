import type { GraphQLError } from 'graphql';
import { problemOf, type Problem } from './problem.ts';

/** The path that is answered with messages of JSON-RPC. */
export const mcpPath = '/mcp';

/** What JSON-RPC leaves to servers. */
const serverError = -32_000;
export const parseError = -32_700;
export const invalidRequest = -32_600;

/** An error as an answer of JSON-RPC to no message in particular, with its code, and the field where there is one, as data. */
export function jsonRpcRefusal(error: Pick<GraphQLError, 'message' | 'extensions'>, rpcCode = serverError): Problem {
  const { status, headers, code } = problemOf(error);
  const { field, requestId } = error.extensions;
  return {
    status,
    code,
    headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: null,
      error: { code: rpcCode, message: error.message, data: { code, field, requestId } },
    }),
  };
}
