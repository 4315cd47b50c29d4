import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A line between two parties that can fail. */
export interface FaultyProxy {
  /** The target's address by way of this line. */
  url: string;
  /** The next answer with this text, or the next of all, is lost with its connection, after the target gave it. */
  cutBefore(text: string): void;
  /** Holds back everything, both ways and on new connections too, until `resume`. */
  hold(): void;
  resume(): void;
  /** Loses all connections. */
  sever(): void;
  /** From now on nothing comes through on the connections there are, which stay open; new ones work. */
  deaden(): void;
  close(): Promise<void>;
}

interface Line {
  client: Socket;
  upstream: Socket;
  dead: boolean;
}

/** Stands before a server, to be the network that fails. */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const { hostname, port } = new URL(target);
  const lines = new Set<Line>();
  let awaited: string | undefined;
  let held = false;

  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    const line: Line = { client, upstream, dead: false };
    lines.add(line);
    const forward = (from: Socket, to: Socket) =>
      from.on('data', (piece: Buffer) => {
        if (from === upstream && awaited !== undefined && piece.includes(awaited)) {
          awaited = undefined;
          client.destroy();
        } else if (!line.dead && !to.write(piece)) {
          from.pause();
          to.once('drain', () => held || from.resume());
        }
      });
    forward(client, upstream);
    forward(upstream, client);
    if (held) for (const socket of [client, upstream]) socket.pause();
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const)
      socket
        .on('error', () => undefined)
        .on('end', () => line.dead || other.end())
        .on('close', () => {
          if (!line.dead) other.destroy();
          if (client.destroyed && upstream.destroyed) lines.delete(line);
        });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy does not listen on a TCP port.');
  const url = new URL(target);
  url.host = `127.0.0.1:${address.port}`;

  const sever = () => {
    for (const { client, upstream } of lines) for (const socket of [client, upstream]) socket.destroy();
  };
  return {
    url: url.href.replace(/\/$/, ''),
    cutBefore(text) {
      awaited = text;
    },
    hold() {
      held = true;
      for (const { client, upstream } of lines) for (const socket of [client, upstream]) socket.pause();
    },
    resume() {
      held = false;
      awaited = undefined;
      for (const { client, upstream } of lines) for (const socket of [client, upstream]) socket.resume();
    },
    sever,
    deaden() {
      for (const line of lines) line.dead = true;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      sever();
      await closed;
    },
  };
}
