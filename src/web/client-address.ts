import type { IncomingMessage } from 'node:http';

/**
 * The address that a request comes from: what the proxy in front has put last into its header, or the other end of the
 * connection. Whatever stands before it in the header may be a client's own.
 */
export function clientAddress(request: Request, serverContext: object, header: string | undefined): string {
  const named = header === undefined ? undefined : request.headers.get(header)?.split(',').at(-1)?.trim();
  const { req } = serverContext as { req?: IncomingMessage };
  return named || req?.socket.remoteAddress || 'unknown';
}
