import type { ServerResponse } from 'node:http';
import type { ErrorCode } from '../values/errors.ts';
import { isPlainHttp, problem } from './problem.ts';

/**
 * Refuses a request of Node's server before anything but its headers is read: in the form of GraphQL errors, or as problem
 * details where that is what its path answers with.
 */
export function refuseRaw(
  response: ServerResponse,
  status: number,
  code: ErrorCode,
  message: string,
  headers: Record<string, string> = {},
): void {
  if (isPlainHttp(response.req.url)) {
    const refused = problem(status, { message, extensions: { code } }, headers);
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
