import { GraphQLError } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { parseJson } from '../values/json.ts';
import { errorResponse } from './error-response.ts';

const json = /^\s*application\/json\s*(;|$)/i;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Accepts only JSON, up to a size. Browsers send forms and plain text across origins without a preflight, and another
 * site's form must not become a mutation. Bytes that are not UTF-8 are refused as well: replacing them, as decoders do,
 * could turn two names into one.
 */
export function useJsonRequests(maxBodyBytes: number): Plugin {
  return {
    onRequest({ request, fetchAPI, endResponse }) {
      if (request.method === 'POST' && !json.test(request.headers.get('content-type') ?? ''))
        endResponse(errorResponse(fetchAPI, 415, 'VALIDATION_ERROR', 'Send application/json.'));
    },
    onRequestParse({ request, requestParser, setRequestParser }) {
      if (request.method === 'POST')
        setRequestParser(async (request) => {
          const body = await readBody(request, maxBodyBytes);
          // Yoga checks the parameters.
          return orRefuse('The body is not JSON in UTF-8.', () => parseJson(utf8.decode(body)) as GraphQLParams);
        });
      else if (requestParser)
        setRequestParser((request) =>
          orRefuse("'variables' or 'extensions' are not JSON.", () => requestParser(request)),
        );
    },
  };
}

const refusal = (status: number, message: string) => new GraphQLError(message, { extensions: { http: { status } } });

function orRefuse<T>(message: string, read: () => T): T {
  try {
    return read();
  } catch {
    throw refusal(400, message);
  }
}

/** Yoga's own limit cancels the body, which closes the connection before the answer; this leaves the rest unread. */
async function readBody({ headers, body }: Request, maxBytes: number): Promise<Buffer> {
  const tooLarge = () => refusal(413, `The body has more than ${maxBytes} bytes.`);
  if (Number(headers.get('content-length')) > maxBytes) throw tooLarge();
  if (!body) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw refusal(400, 'The body did not arrive in full.');
    });
    if (done) return Buffer.concat(chunks);
    size += value.byteLength;
    if (size > maxBytes) throw tooLarge();
    chunks.push(value);
  }
}
