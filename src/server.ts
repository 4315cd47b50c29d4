import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HttpServer {
  /** Where it listens, without a slash at the end: "http://127.0.0.1:4000". */
  url: string;
  /** Stops taking connections, lets running requests end, then closes. */
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

/** Starts listening; port 0 takes any free one. */
export async function listen(handler: RequestListener, host: string, port: number): Promise<HttpServer> {
  const server = createServer((request, response) => {
    response.once('finish', () => discardRest(request));
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
      server.closeIdleConnections();
      await closed;
    },
  };
}

function urlOf(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') throw new Error('The server does not listen on a TCP port.');
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}
