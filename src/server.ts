import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HttpServer {
  /** The address without a trailing slash: "http://127.0.0.1:4000". */
  url: string;
  /** Stops accepting connections, waits up to 30 seconds for running requests, then closes. */
  close(): Promise<void>;
}

const discardMs = 10_000;

/**
 * Discards the rest of a body that was answered before its end. Clients that read the answer only after they have sent
 * everything would wait, and closing the connection at once would lose the answer.
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
    // Yoga answers an invalid address with the stack of its error.
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
      // Clients keep connections open, and browsers open some in advance: only requests are worth waiting for.
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
