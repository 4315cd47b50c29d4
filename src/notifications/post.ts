import { once } from 'node:events';
import { request as plainRequest, type IncomingMessage } from 'node:http';
import { request as encryptedRequest } from 'node:https';
import { RefusedAddressError, type ReceiverAddresses } from './receiver-address.ts';

/** What is sent to a receiver. */
export interface Message {
  headers: Record<string, string>;
  body: string;
}

/** What came of a try: a status of HTTP, or why there is none, in words that tell nothing of the network behind. */
export type Answer = { status: number } | { error: string };

/** How much of an answer is read. Nothing in it matters, but a receiver may not like to be cut off. */
const mostAnswerBytes = 4096;

export interface PostOptions {
  addresses: ReceiverAddresses;
  /** How long all of it may take, in milliseconds. */
  timeoutMs: number;
  /** Ends the try, which then throws. */
  signal: AbortSignal;
}

/**
 * Posts a message once, on a connection of its own, without following redirects.
 * @throws what `signal` was aborted with.
 */
export async function post(href: string, { headers, body }: Message, options: PostOptions): Promise<Answer> {
  const { addresses, timeoutMs, signal } = options;
  const url = new URL(href);
  const send = url.protocol === 'https:' ? encryptedRequest : plainRequest;
  const ending = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    addresses.checkLiteral(url.hostname);
    const request = send(url, { method: 'POST', headers, agent: false, lookup: addresses.lookup, signal: ending });
    const answered = once(request, 'response');
    // One that comes after the answer changes nothing.
    request.on('error', () => {});
    request.end(body);
    const [response]: IncomingMessage[] = await answered;
    if (!response) throw new Error('There is a response with every such event.');
    await readSome(response);
    return { status: response.statusCode ?? 0 };
  } catch (error) {
    signal.throwIfAborted();
    return { error: inWords(error, ending.aborted ? timeoutMs : undefined) };
  }
}

/** Reads an answer to its end or until it is too long. What becomes of it after its status does not matter. */
async function readSome(response: IncomingMessage): Promise<void> {
  let bytes = 0;
  try {
    for await (const chunk of response) {
      bytes += chunk.length;
      if (bytes > mostAnswerBytes) return;
    }
  } catch {
    // The status is known.
  }
}

const words: Record<string, string> = {
  ENOTFOUND: 'The host name could not be resolved.',
  EAI_AGAIN: 'The host name could not be resolved just now.',
  ECONNREFUSED: 'The connection was refused.',
  ECONNRESET: 'The connection was closed before an answer.',
  EPIPE: 'The connection was closed before an answer.',
  EHOSTUNREACH: 'The host could not be reached.',
  ENETUNREACH: 'The host could not be reached.',
  ETIMEDOUT: 'The host could not be reached in time.',
};

function inWords(error: unknown, timedOutAfterMs: number | undefined): string {
  if (error instanceof RefusedAddressError) return error.message;
  if (timedOutAfterMs !== undefined) return `There was no answer within ${timedOutAfterMs / 1000} s.`;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = words[code];
  if (known) return known;
  if (code.startsWith('HPE_')) return 'The answer was not one of HTTP.';
  if (/CERT|TLS|SSL|VERIFY|EPROTO/.test(code)) return `No encrypted connection could be made (${code}).`;
  return code === '' ? 'The request failed.' : `The request failed (${code}).`;
}
