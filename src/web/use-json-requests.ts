import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { laneOf } from '../caller/principal.ts';
import { toClientError } from '../graphql/client-error.ts';
import type { Logger } from '../settings/log.ts';
import type { RequestLimits } from '../settings/request-limits.ts';
import type { BodyRoom } from './body-room.ts';
import { errorResponse } from './error-response.ts';
import { readBody, refusal } from './read-body.ts';
import { readJson } from './read-json.ts';
import { responseOf } from './node-response.ts';
import { principalOf } from './use-authentication.ts';

const json = /^\s*application\/json\s*(;|$)/i;

/**
 * Accepts only JSON, within limits. Browsers send forms and plain text across origins without a preflight, and another
 * site's form must not become a mutation. Bytes that are not UTF-8 are refused as well: replacing them, as decoders do,
 * could turn two names into one.
 */
export function useJsonRequests(limits: RequestLimits['body'], room: BodyRoom, log: Logger): Plugin {
  return {
    onRequest({ request, fetchAPI, endResponse }) {
      if (request.method === 'POST' && !json.test(request.headers.get('content-type') ?? ''))
        endResponse(errorResponse(fetchAPI, 415, 'VALIDATION_ERROR', 'Send application/json.'));
    },
    onRequestParse({ request, serverContext, requestParser, setRequestParser }) {
      if (request.method === 'POST')
        setRequestParser(async (request) => {
          const principal = principalOf(request);
          const isAnonymous = principal.kind === 'anonymous';
          const reader = request.body?.getReader();
          const source = {
            declaredBytes: Number(request.headers.get('content-length')),
            next: reader && (() => reader.read()),
          };
          const body = await readBody(source, {
            limits,
            room,
            caller: laneOf(principal),
            isAnonymous,
            onEnd: (release) => responseOf(serverContext)?.once('close', release),
          }).catch((error: unknown) => {
            throw toClientError(error, log);
          });
          // Yoga checks the parameters.
          return readJson(body) as GraphQLParams;
        });
      else if (requestParser)
        setRequestParser((request) => {
          try {
            return requestParser(request);
          } catch {
            throw refusal(400, "'variables' or 'extensions' are not JSON.");
          }
        });
    },
  };
}
