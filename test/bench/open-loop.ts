import { Agent, request as httpRequest } from 'node:http';
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
  failed: Map<string, number>;
  /** Milliseconds from the first request to the last answer. */
  elapsedMs: number;
}

const tickMs = 5;

/**
 * Sends so many requests a second, whether or not those before were answered, as many independent clients do: what is not
 * answered in time does not slow down what comes.
 */
export async function sendOpenLoad(load: OpenLoad): Promise<OpenResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 4_096 });
  const result: OpenResult = {
    sent: 0,
    done: [],
    refused: [],
    withRetryAfter: 0,
    gaveUp: 0,
    failed: new Map(),
    elapsedMs: 0,
  };
  const running = new Set<Promise<void>>();
  const began = performance.now();
  for (let elapsed = 0; elapsed < load.seconds * 1000; elapsed = performance.now() - began) {
    for (const due = (elapsed / 1000) * load.perSecond; result.sent < due; result.sent++) {
      const sending = send(load, agent, load.keys[result.sent % load.keys.length] ?? '', result).finally(() =>
        running.delete(sending),
      );
      running.add(sending);
    }
    await sleep(tickMs);
  }
  await Promise.all(running);
  result.elapsedMs = performance.now() - began;
  agent.destroy();
  return result;
}

function send({ url, body, expected, patienceMs }: OpenLoad, agent: Agent, key: string, result: OpenResult) {
  return new Promise<void>((resolve) => {
    const began = performance.now();
    const end = (count: () => void) => {
      clearTimeout(timer);
      count();
      resolve();
    };
    const fail = (what: string) => () => result.failed.set(what, (result.failed.get(what) ?? 0) + 1);
    const text = body();
    const request = httpRequest(
      url,
      {
        agent,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
          authorization: `Bearer ${key}`,
        },
      },
      (response) => {
        let answer = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
        response.on('end', () =>
          end(() => {
            const ms = performance.now() - began;
            const { statusCode = 0, headers } = response;
            if (answer.includes(expected)) result.done.push(ms);
            else if (statusCode === 503 || statusCode === 429) {
              result.refused.push(ms);
              if (headers['retry-after'] !== undefined) result.withRetryAfter++;
            } else fail(`${statusCode} ${/"code":"(\w+)"/.exec(answer)?.[1] ?? ''}`)();
          }),
        );
      },
    );
    let isOver = false;
    const timer = setTimeout(() => {
      isOver = true;
      request.destroy();
    }, patienceMs);
    request.once('error', (error: NodeJS.ErrnoException) =>
      end(isOver ? () => result.gaveUp++ : fail(error.code ?? error.message)),
    );
    request.end(text);
  });
}
