import { request, type IncomingMessage } from 'node:http';
import { superuserKey } from './gateway.ts';

interface Result<Data> {
  data?: Data | null;
  errors?: { message: string; extensions: { code: string; field?: string } }[];
}

/** A subscription over a socket of its own, which is read only when it is asked for. */
export interface Subscription<Data> {
  status: number;
  /** The next result; undefined once the stream is complete. @throws when the connection ended without saying so. */
  next(): Promise<Result<Data> | undefined>;
  /** The data of the next result. @throws on errors, and at the end. */
  data(): Promise<Data>;
  /** What came, but was not asked for. */
  waiting(): Result<Data>[];
  /** Every result until the stream is complete. */
  rest(): Promise<Result<Data>[]>;
  /** Stops reading from the socket. */
  pause(): void;
  resume(): void;
  close(): void;
}

export interface SubscriptionOptions {
  variables?: Record<string, unknown>;
  key?: string | null;
  accept?: string;
}

/** Opens a subscription, and resolves once it is answered. */
export async function subscribe<Data>(
  { url }: { url: string },
  query: string,
  { variables = {}, key = superuserKey, accept = 'text/event-stream' }: SubscriptionOptions = {},
): Promise<Subscription<Data>> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const sent = request(`${url}/graphql`, {
    method: 'POST',
    agent: false,
    headers: {
      'content-type': 'application/json',
      accept,
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    },
  });
  sent.once('response', resolve).once('error', reject);
  sent.end(JSON.stringify({ query, variables }));
  const response = await promise;
  const results: Result<Data>[] = [];
  let isComplete = false;
  let end: Error | undefined;
  let text = '';
  let wake = () => {};
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    text += chunk;
    for (let at = text.indexOf('\n\n'); at >= 0; at = text.indexOf('\n\n')) {
      const lines = text.slice(0, at).split('\n');
      text = text.slice(at + 2);
      const event = lines.find((line) => line.startsWith('event: '))?.slice(7);
      if (event === 'next') results.push(JSON.parse(lines.find((line) => line.startsWith('data: '))?.slice(6) ?? ''));
      if (event === 'complete') isComplete = true;
    }
    wake();
  });
  response.once('close', () => {
    end = new Error('The connection ended before the stream was complete.');
    wake();
  });
  response.on('error', () => {});
  const next: Subscription<Data>['next'] = async () => {
    for (;;) {
      const result = results.shift();
      if (result || isComplete) return result;
      if (end) throw end;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  return {
    status: response.statusCode ?? 0,
    next,
    async data() {
      const result = await next();
      if (!result?.data) throw new Error(`There is no data: ${JSON.stringify(result)}`);
      return result.data;
    },
    waiting: () => [...results],
    async rest() {
      const all: Result<Data>[] = [];
      for (let result = await next(); result; result = await next()) all.push(result);
      return all;
    },
    pause: () => void response.pause(),
    resume: () => void response.resume(),
    close: () => void sent.destroy(),
  };
}
