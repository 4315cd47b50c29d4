import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { onTestFinished, vi } from 'vitest';
import { Webhook } from 'standardwebhooks';

export interface Received {
  at: number;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A message of a webhook, as the receiver reads it. */
export interface Told {
  type: string;
  timestamp: string;
  data: Record<string, unknown>;
}

export interface Receiver {
  url: string;
  port: number;
  /** Everything that arrived, in order. */
  received: Received[];
  /** What it answers: a status, or by hand. */
  answer: (response: ServerResponse, received: Received) => unknown;
  /** Resolves with what arrived once it is so many. */
  until(count: number): Promise<Received[]>;
  close(): Promise<void>;
}

/** A server of somebody else's that is told of events; it ends with the test. */
export async function startReceiver(port = 0): Promise<Receiver> {
  const receiver: Receiver = {
    url: '',
    port: 0,
    received: [],
    answer: (response) => response.writeHead(204).end(),
    async until(count) {
      await vi.waitFor(
        () => {
          if (receiver.received.length < count) throw new Error(`${receiver.received.length} of ${count} arrived.`);
        },
        { timeout: 60_000, interval: 20 },
      );
      return receiver.received;
    },
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const one = { at: performance.now(), path: request.url ?? '', headers: request.headers, body };
    receiver.received.push(one);
    await receiver.answer(response, one);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('It listens on a port.');
  Object.assign(receiver, { port: address.port, url: `http://127.0.0.1:${address.port}/hook?token=s3cret` });
  onTestFinished(() => receiver.close());
  return receiver;
}

/** What a message says, if the library of Standard Webhooks finds one of its signatures to be by the secret. @throws if not. */
export function verified({ body, headers }: Received, secret: string): Told {
  const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  return new Webhook(secret).verify(body, given) as Told;
}
