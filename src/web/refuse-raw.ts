import type { ServerResponse } from 'node:http';
import type { ErrorCode } from '../values/errors.ts';
import { jsonRpcRefusal, mcpPath } from './json-rpc.ts';
import { isPlainHttp, problem } from './problem.ts';

/**
 * Refuses a request of Node's server before anything but its headers is read: in the form of GraphQL errors, or as problem
 * details or a message of JSON-RPC where that is what its path answers with.
 */
export function refuseRaw(
  response: ServerResponse,
  status: number,
  code: ErrorCode,
  message: string,
  headers: Record<string, string> = {},
): void {
  const { url } = response.req;
  if (isPlainHttp(url) || pathOf(url) === mcpPath) {
    const refused = isPlainHttp(url)
      ? problem(status, { message, extensions: { code } }, headers)
      : jsonRpcRefusal({ message, extensions: { code, http: { status, headers } } });
    response.writeHead(status, { ...refused.headers, 'content-length': Buffer.byteLength(refused.body) });
    response.end(refused.body);
    return;
  }
  const body = JSON.stringify({ errors: [{ message, extensions: { code } }] });
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

const pathOf = (url = '') => url.split('?')[0];
