import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { readAnswer, type Answer } from './requests.ts';

/**
 * Sends a POST to /graphql as bytes, for what `fetch` keeps from doing. Like the plainest of clients it reads the answer
 * only after `send` has sent the body.
 */
export async function postRaw(
  url: string,
  headers: string[],
  send: (socket: Socket) => Promise<void>,
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, 'connect');
    socket.write(['POST /graphql HTTP/1.1', 'Content-Type: application/json', ...headers, '', ''].join('\r\n'));
    await send(socket);
    let text = '';
    for await (const chunk of socket) {
      text += String(chunk);
      const [head = '', body = ''] = text.split('\r\n\r\n');
      const length = /content-length: (\d+)/i.exec(head)?.[1];
      if (length !== undefined && body.length >= Number(length)) return await toAnswer(head, body);
    }
    throw new Error(`The connection ended after ${JSON.stringify(text)}`);
  } finally {
    socket.destroy();
  }
}

/** Writes to a socket at the speed of its reader. */
export async function writeTo(socket: Socket, bytes: Uint8Array | string): Promise<void> {
  if (!socket.write(bytes)) await once(socket, 'drain');
}

async function toAnswer(head: string, body: string): Promise<Answer> {
  const [status = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const [name = '', value = ''] = line.split(': ');
    return [name, value];
  });
  return readAnswer(new Response(body, { status: Number(status.split(' ')[1]), headers }));
}
