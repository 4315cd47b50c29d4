import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { refuseRaw } from './web/refuse-raw.ts';

export interface HttpServer {
  /** The address without a trailing slash: "http://127.0.0.1:4000". */
  url: string;
  /**
   * Goes on for so long, not ready and ending each connection with its answer, so that whoever sends requests here looks
   * elsewhere. Then stops accepting connections, ends streams, waits up to five seconds for running requests, and closes.
   */
  close(options?: { drainMs?: number | undefined; endStreams?: () => Promise<void> }): Promise<void>;
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

/** A host and perhaps a port, as nothing else than these may decide where a request goes. */
const plainHost = /^(?:[a-z0-9._~-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

/**
 * Whether a request names a path and a host in the plain form that clients send. Yoga puts the two together and reads the
 * path out of what results, so that a host with a path in it, or a path that looks like a host, would take the other's
 * place; and it answers an invalid address with the stack of its error.
 */
const isPlainAddress = ({ url = '', headers: { host } }: IncomingMessage): boolean =>
  /^\/(?![/\\])/.test(url) &&
  (host === undefined || plainHost.test(host)) &&
  URL.canParse(`http://${host ?? 'localhost'}${url}`);

/** Requests that take longer to send their headers or their whole body are ended by Node.js; bodies have limits of their own. */
const timeouts = {
  headersTimeout: 15_000,
  requestTimeout: 300_000,
  connectionsCheckingInterval: 5_000,
  // Longer than proxies and clients keep connections that do nothing, so that none of them sends on one that is being closed.
  keepAliveTimeout: 75_000,
};

const closeMs = 5_000;

const readinessPath = '/health/ready';

/** Starts listening; port 0 takes any free one. */
export async function listen(handler: RequestListener, host: string, port: number): Promise<HttpServer> {
  const running = new Set<ServerResponse>();
  let leaving = false;
  const server = createServer(timeouts, (request, response) => {
    running.add(response);
    response.once('finish', () => discardRest(request));
    response.once('close', () => {
      running.delete(response);
      if (!server.listening && running.size === 0) server.closeAllConnections();
    });
    if (leaving) response.setHeader('connection', 'close');
    if (!isPlainAddress(request))
      refuseRaw(response, 400, 'VALIDATION_ERROR', 'The address or the Host header is malformed.');
    else if (leaving && request.url === readinessPath)
      refuseRaw(response, 503, 'OVERLOADED', 'The gateway is going away. Send requests elsewhere.');
    else handler(request, response);
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    url: urlOf(server.address()),
    async close({ drainMs = 0, endStreams } = {}) {
      leaving = true;
      if (drainMs > 0) await sleep(drainMs);
      const closed = once(server, 'close');
      server.close();
      const ended = endStreams?.();
      // Clients keep connections open, and browsers open some in advance: only requests are worth waiting for.
      if (running.size === 0) server.closeAllConnections();
      const timer = setTimeout(() => server.closeAllConnections(), closeMs);
      await closed;
      await ended;
      clearTimeout(timer);
    },
  };
}

function urlOf(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') throw new Error('The server does not listen on a TCP port.');
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}
