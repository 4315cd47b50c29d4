import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export interface CuttingProxy {
  /** The target's address by way of the proxy. */
  url: string;
  /** From now on loses, once, the connection on which the target sends an answer with this text, and the answer. */
  cutBefore(text: string): void;
  /** How many connections it has cut. */
  cuts(): number;
  close(): Promise<void>;
}

/** Stands before a server, to be the network that fails after the server has done its work. */
export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target);
  let awaited: string | undefined;
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    client.pipe(upstream);
    upstream.on('data', (answer: Buffer) => {
      if (awaited !== undefined && answer.includes(awaited)) {
        awaited = undefined;
        cuts++;
        client.destroy();
      } else client.write(answer);
    });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const)
      socket.on('error', () => undefined).on('close', () => other.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy does not listen on a TCP port.');
  const url = new URL(target);
  url.host = `127.0.0.1:${address.port}`;
  return {
    url: url.href,
    cutBefore: (text) => {
      awaited = text;
    },
    cuts: () => cuts,
    async close() {
      await new Promise((closed) => server.close(closed));
    },
  };
}
