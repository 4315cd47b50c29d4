import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export interface DatabaseProxy {
  /** Address of the database by way of the proxy. */
  url: string;
  /** Passes on what comes, as it does from the start. */
  connect(): Promise<void>;
  /** Takes new connections and lets them wait. */
  stall(): void;
  /** Takes no connections and loses those there are. */
  refuse(): Promise<void>;
  /** Passes nothing on any more on the connections there are, without a word, as a firewall that forgets them. */
  silence(): void;
  /** Loses the connections there are, as when a machine vanishes. */
  cut(): void;
  close(): Promise<void>;
}

/** Stands between a gateway and its PostgreSQL server, to be the network that fails. */
export async function startDatabaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    return socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  };
  let stalled = false;
  let port = 0;
  let server: Server | undefined;

  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const listen = async () => {
    stalled = false;
    if (server) return;
    server = createServer((client) => {
      keep(client);
      if (stalled) return;
      const upstream = keep(connect(Number(target.port), target.hostname));
      client.pipe(upstream).pipe(client);
      upstream.on('close', () => client.destroy());
      client.on('close', () => upstream.destroy());
    }).listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address && typeof address === 'object') port = address.port;
  };
  const refuse = async () => {
    const closed = server && once(server.close(), 'close');
    server = undefined;
    cut();
    await closed;
  };

  await listen();
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${port}`;
  const silence = () => {
    for (const socket of sockets) socket.unpipe().resume();
  };
  const stall = () => {
    stalled = true;
  };
  return { url: url.href, connect: listen, stall, silence, refuse, cut, close: refuse };
}
