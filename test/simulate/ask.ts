import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** An answer of a gateway, or the reason why there is none. */
export type Reply =
  | { kind: 'answered'; status: number; data: unknown; errors: ReplyError[] }
  /** It did not come, or says that this may be tried again: what was asked may have been done or not. */
  | {
      kind: 'unanswered';
      reason: string;
      /** Whether it was lost on a connection that was kept, which the server may just have closed, as it may. */
      wasKept: boolean;
    };

export interface ReplyError {
  message: string;
  extensions: { code: string; field?: string };
}

export interface Question {
  document: string;
  variables: Record<string, unknown>;
  key: string;
  /** Milliseconds between pieces of the body, as of a client on a bad line. */
  pauseMs?: number | undefined;
}

/** A client gives up after this, and does not know what has become of its request. */
const patienceMs = 20_000;
const pieces = 4;

/** Codes of answers that promise nothing: the same may be asked again. */
const tryAgain = new Set(['OVERLOADED', 'TIMEOUT', 'RATE_LIMITED']);

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Asks once. */
export async function ask(url: string, { document, variables, key, pauseMs }: Question): Promise<Reply> {
  const body = Buffer.from(JSON.stringify({ query: document, variables }));
  const { promise, resolve } = Promise.withResolvers<Reply>();
  const sending = request(`${url}/graphql`, {
    method: 'POST',
    agent,
    headers: {
      'content-type': 'application/json',
      'content-length': body.length,
      authorization: `Bearer ${key}`,
    },
  });
  const lost = (reason: string) => resolve({ kind: 'unanswered', reason, wasKept: sending.reusedSocket });
  const timer = setTimeout(() => sending.destroy(new Error('the client gave up')), patienceMs);
  sending.on('error', (error) => lost(error.message));
  sending.on('response', (response) => {
    const chunks: Buffer[] = [];
    response
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('error', (error) => lost(error.message))
      .on('close', () => lost('the answer broke off'))
      .on('end', () => resolve(readReply(response.statusCode ?? 0, Buffer.concat(chunks).toString())));
  });
  if (pauseMs === undefined) sending.end(body);
  else await sendSlowly(body, pauseMs, (piece) => sending.write(piece)).then(() => sending.end());
  const reply = await promise;
  clearTimeout(timer);
  return reply;
}

async function sendSlowly(body: Buffer, pauseMs: number, send: (piece: Buffer) => void): Promise<void> {
  const length = Math.ceil(body.length / pieces);
  for (let at = 0; at < body.length; at += length) {
    send(body.subarray(at, at + length));
    await sleep(pauseMs);
  }
}

function readReply(status: number, text: string): Reply {
  try {
    const { data = null, errors = [] }: { data?: unknown; errors?: ReplyError[] } = JSON.parse(text);
    const code = errors.find(({ extensions }) => tryAgain.has(extensions?.code))?.extensions.code;
    return code === undefined
      ? { kind: 'answered', status, data, errors }
      : { kind: 'unanswered', reason: code, wasKept: false };
  } catch {
    return { kind: 'answered', status, data: null, errors: [{ message: text, extensions: { code: 'NOT_JSON' } }] };
  }
}
