import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HttpServer {
  /** Where it listens, without a slash at the end: "http://127.0.0.1:4000". */
  url: string;
  /** Stops taking connections, lets running requests end, for at most 30 seconds, then closes. */
  close(): Promise<void>;
}

const discardMs = 10_000;

/**
 * Throws away what still comes of a body that was answered before its end: clients that read the answer only after they
 * have sent everything would wait, and closing the connection at once would take the answer from them.
 */
function discardRest(request: IncomingMessage): void {
  if (request.complete) return;
  const timer = setTimeout(() => request.socket.destroy(), discardMs);
  request.once('close', () => clearTimeout(timer));
  request.removeAllListeners('readable').resume();
}

function refuse(response: ServerResponse): void {
  const message = 'The address or the Host header is malformed.';
  response.statusCode = 400;
  response.setHeader('content-type', 'application/json; charset=utf-8');
  response.end(JSON.stringify({ errors: [{ message, extensions: { code: 'VALIDATION_ERROR' } }] }));
}

const closeMs = 30_000;

/** Starts listening; port 0 takes any free one. */
export async function listen(handler: RequestListener, host: string, port: number): Promise<HttpServer> {
  const running = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    running.add(response);
    response.once('finish', () => discardRest(request));
    response.once('close', () => {
      running.delete(response);
      if (!server.listening && running.size === 0) server.closeAllConnections();
    });
    if (!server.listening) response.setHeader('connection', 'close');
    // Yoga answers an address that is none with the stack of the error that it ran into.
    if (URL.canParse(`http://${request.headers.host ?? 'localhost'}${request.url}`)) handler(request, response);
    else refuse(response);
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    url: urlOf(server.address()),
    async close() {
      const closed = once(server, 'close');
      server.close();
      // Clients keep connections, and browsers open some in advance: only requests are worth waiting for.
      if (running.size === 0) server.closeAllConnections();
      const timer = setTimeout(() => server.closeAllConnections(), closeMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

function urlOf(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') throw new Error('The server does not listen on a TCP port.');
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}
