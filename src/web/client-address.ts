import type { IncomingMessage } from 'node:http';

/**
 * The address that a request comes from: what the proxy in front has put last into its header, or the other end of the
 * connection. Whatever stands before it in the header may be a client's own.
 */
export function clientAddress(request: Request, serverContext: object, header: string | undefined): string {
  const named = header === undefined ? undefined : request.headers.get(header);
  return lastNamed(named) || addressOf((serverContext as { req?: IncomingMessage }).req);
}

/** The same of a request of Node's server. */
export function rawClientAddress(request: IncomingMessage, header: string | undefined): string {
  const named = header === undefined ? undefined : request.headers[header.toLowerCase()];
  return lastNamed(named?.toString()) || addressOf(request);
}

const lastNamed = (named: string | null | undefined) => named?.split(',').at(-1)?.trim();
const addressOf = (request: IncomingMessage | undefined) => request?.socket.remoteAddress ?? 'unknown';
