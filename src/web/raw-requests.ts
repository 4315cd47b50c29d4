import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { readBody, type BodyReading } from './read-body.ts';
import { corsHeaders, isPreflight } from './use-listed-origins.ts';

/** Reads the body of a request of Node's server, within the limits of all bodies. */
export function readRawBody(
  request: IncomingMessage,
  response: ServerResponse,
  reading: Omit<BodyReading, 'onEnd'>,
): Promise<Buffer> {
  const chunks = request[Symbol.asyncIterator]();
  return readBody(
    { declaredBytes: Number(request.headers['content-length']), next: () => chunks.next() },
    { ...reading, onEnd: (release) => void response.once('close', release) },
  );
}

/** Lets pages of listed origins read the answer. Returns whether that was all that was asked. */
export function answersPreflight(
  request: IncomingMessage,
  response: ServerResponse,
  origins: readonly string[],
): boolean {
  const { headers, method } = request;
  const asked = {
    method,
    origin: headers.origin ?? null,
    requestMethod: headers['access-control-request-method'] ?? null,
    requestHeaders: headers['access-control-request-headers'] ?? null,
  };
  response.setHeader('vary', 'Origin');
  for (const [name, value] of Object.entries(corsHeaders(origins, asked))) response.setHeader(name, value);
  if (!isPreflight(asked)) return false;
  response.writeHead(204).end();
  return true;
}

export interface RawAnswer {
  status: number;
  headers: OutgoingHttpHeaders;
  body: string | Uint8Array;
}

export function sendRaw(response: ServerResponse, { status, headers, body }: RawAnswer): void {
  if (response.destroyed) return;
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
