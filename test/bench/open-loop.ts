import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface OpenLoad {
  /** Where to; the path included. */
  url: string;
  /** Keys whose requests take turns. */
  keys: readonly string[];
  perSecond: number;
  seconds: number;
  body: () => string;
  /** What stands in the answer to a request that did its work. */
  expected: string;
  /** After so long a client gives up and hangs up. */
  patienceMs: number;
}

export interface OpenResult {
  sent: number;
  /** Latencies in milliseconds of requests that did their work, and of those refused with 429 or 503. */
  done: number[];
  refused: number[];
  /** Of the refused, those with Retry-After. */
  withRetryAfter: number;
  gaveUp: number;
  /** Anything else, by what it was. */
  failed: Record<string, number>;
}

interface Asked {
  began: number;
  answer: string;
}

const tickMs = 5;
const mostSockets = 8_000;

/**
 * Sends so many requests a second, whether or not those before were answered, as many independent clients do: what is not
 * answered in time does not slow down what comes. It speaks HTTP by itself, as on one machine a client that costs as much
 * as the gateway would measure itself.
 */
export class OpenLoop {
  readonly #load: OpenLoad;
  readonly #host: string;
  readonly #port: number;
  readonly #heads: string[];
  readonly #idle: Socket[] = [];
  readonly #asking = new Map<Socket, Asked>();
  readonly result: OpenResult = { sent: 0, done: [], refused: [], withRetryAfter: 0, gaveUp: 0, failed: {} };

  constructor(load: OpenLoad) {
    this.#load = load;
    const { hostname, port, pathname } = new URL(load.url);
    this.#host = hostname;
    this.#port = Number(port);
    this.#heads = load.keys.map(
      (key) =>
        `POST ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\nAuthorization: Bearer ${key}\r\nContent-Length: `,
    );
  }

  async run(): Promise<OpenResult> {
    const { perSecond, seconds } = this.#load;
    const began = performance.now();
    for (let elapsed = 0; elapsed < seconds * 1000; elapsed = performance.now() - began) {
      for (const due = (elapsed / 1000) * perSecond; this.result.sent < due;) this.#send();
      this.#giveUp();
      await sleep(tickMs);
    }
    while (this.#asking.size > 0) {
      await sleep(tickMs);
      this.#giveUp();
    }
    for (const socket of this.#idle) socket.destroy();
    return this.result;
  }

  #send(): void {
    const head = this.#heads[this.result.sent++ % this.#heads.length];
    if (this.#asking.size >= mostSockets) return this.#fail('no more connections');
    const body = this.#load.body();
    const socket = this.#idle.pop() ?? this.#open();
    this.#asking.set(socket, { began: performance.now(), answer: '' });
    socket.write(`${head}${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  #open(): Socket {
    const socket = connect(this.#port, this.#host).setNoDelay().setEncoding('latin1');
    socket.on('data', (chunk) => this.#read(socket, String(chunk)));
    socket.on('error', (error: NodeJS.ErrnoException) => this.#lose(socket, error.code ?? error.message));
    socket.on('close', () => this.#lose(socket, 'closed'));
    return socket;
  }

  #read(socket: Socket, chunk: string): void {
    const asked = this.#asking.get(socket);
    if (!asked) return;
    asked.answer += chunk;
    const end = asked.answer.indexOf('\r\n\r\n');
    const length = /content-length: (\d+)/i.exec(asked.answer)?.[1];
    if (end < 0 || (length !== undefined && asked.answer.length < end + 4 + Number(length))) return;
    this.#asking.delete(socket);
    const { answer, began } = asked;
    const ms = performance.now() - began;
    if (answer.includes(this.#load.expected)) this.result.done.push(ms);
    else if (/^HTTP\/1.1 (503|429)/.test(answer)) {
      this.result.refused.push(ms);
      if (/^retry-after:/im.test(answer)) this.result.withRetryAfter++;
    } else this.#fail(answer.slice(9, 12));
    if (/^connection: close/im.test(answer)) socket.destroy();
    else this.#idle.push(socket);
  }

  #lose(socket: Socket, why: string): void {
    const at = this.#idle.indexOf(socket);
    if (at >= 0) this.#idle.splice(at, 1);
    if (this.#asking.delete(socket)) this.#fail(why);
  }

  #giveUp(): void {
    const before = performance.now() - this.#load.patienceMs;
    // In the order in which they were asked.
    for (const [socket, { began }] of this.#asking) {
      if (began > before) break;
      this.#asking.delete(socket);
      this.result.gaveUp++;
      socket.destroy();
    }
  }

  #fail(what: string): void {
    this.result.failed[what] = (this.result.failed[what] ?? 0) + 1;
  }
}
