import type { TypedDocumentString } from '../gql/graphql.ts';
import { ApiError } from './ask.ts';
import { freshSession } from './renewal.ts';
import { credentialEnded, type Session } from './session.ts';

const shortestPauseMs = 500;
const longestPauseMs = 30_000;

/** What a later try does not change. */
const lasting = new Set(['FORBIDDEN', 'NOT_FOUND', 'QUERY_TOO_COSTLY', 'VALIDATION_ERROR']);

const credentialOf = (session: Session | undefined) => session?.impersonation ?? session?.key;

interface Result<Data> {
  data?: Data | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

export interface Following<Data> {
  onData: (data: Data) => void;
  /** Whether results come; false until the first one, and whenever the connection is lost. */
  onChange: (isConnected: boolean) => void;
}

/**
 * Subscribes as the session, and again whenever the stream ends, with pauses that grow. Resolves once `signal` is aborted, or
 * when the subscription is refused for a reason that stays.
 */
export async function follow<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  { onData, onChange }: Following<Data>,
  signal: AbortSignal,
): Promise<void> {
  let pauseMs = shortestPauseMs;
  const onNext = (data: Data) => {
    pauseMs = shortestPauseMs;
    onChange(true);
    onData(data);
  };
  while (!signal.aborted) {
    const credential = credentialOf(await freshSession());
    try {
      await readStream(document, variables, { credential, onNext, signal });
    } catch (error) {
      const code = error instanceof ApiError ? error.code : '';
      // A token that ran out while the stream was open may have been renewed, or can be now.
      const isEnded = code === 'UNAUTHENTICATED' && credential === credentialOf(await freshSession());
      if (isEnded) credentialEnded();
      if (isEnded || lasting.has(code)) return onChange(false);
    }
    if (signal.aborted) return;
    onChange(false);
    // Not all at once, when a gateway has gone away that many had open.
    await pause(pauseMs * (0.5 + Math.random() / 2), signal);
    pauseMs = Math.min(2 * pauseMs, longestPauseMs);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Reads a stream to its end. @throws {ApiError} for a result without data. */
async function readStream<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  { credential, onNext, signal }: { credential: string | undefined; onNext: (data: Data) => void; signal: AbortSignal },
): Promise<void> {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
    },
    body: JSON.stringify({ query: document.toString(), variables }),
    signal,
  });
  const take = ({ data, errors: [error] = [] }: Result<Data>) => {
    if (data) return onNext(data);
    const code = error?.extensions?.code ?? 'INTERNAL_SERVER_ERROR';
    throw new ApiError(error?.message ?? 'The gateway sent an empty answer.', code);
  };
  // A refusal before the subscription is read is no stream.
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return take(await response.json());
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    const events = (text + part.value).split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const [, result] = /^event: next\ndata: (.*)$/.exec(event) ?? [];
      if (result !== undefined) take(JSON.parse(result));
    }
  }
}
