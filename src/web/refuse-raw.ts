import type { ServerResponse } from 'node:http';
import type { ErrorCode } from '../values/errors.ts';

/** Refuses a request of Node's server before anything but its headers is read, in the form of GraphQL errors. */
export function refuseRaw(
  response: ServerResponse,
  status: number,
  code: ErrorCode,
  message: string,
  headers: Record<string, string> = {},
): void {
  const body = JSON.stringify({ errors: [{ message, extensions: { code } }] });
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}
