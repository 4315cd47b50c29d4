import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Authenticator } from '../access/authenticate.ts';
import { refusedField } from '../access/refused-field.ts';
import { scopeRules } from '../access/scope-rules.ts';
import type { RateLimits } from '../admission/rate-limits.ts';
import { isOfPlatform, laneOf, targetTenant, type Principal } from '../caller/principal.ts';
import type { RequestServices } from '../caller/request-context.ts';
import { whileAwaited } from '../database/work.ts';
import { toClientError } from '../graphql/client-error.ts';
import type { Config } from '../settings/config.ts';
import type { Logger } from '../settings/log.ts';
import { currentRequest } from '../telemetry/request-record.ts';
import type { Clock } from '../values/clock.ts';
import { TimeoutError } from '../values/errors.ts';
import type { BodyRoom } from '../web/body-room.ts';
import { rawClientAddress } from '../web/client-address.ts';
import { problemOf } from '../web/problem.ts';
import { answersPreflight, readRawBody, sendRaw } from '../web/raw-requests.ts';
import { refusal } from '../web/read-body.ts';
import type { RequestTurns } from '../web/request-turns.ts';
import { noteCaller } from '../web/use-authentication.ts';
import { callsRoad } from './calls-road.ts';
import { decompress } from './decompress.ts';
import { mediaType, type IngestAnswer, type Road } from './road.ts';

type Settings = Pick<Config, 'clientAddressHeader' | 'corsOrigins' | 'requestLimits'>;

interface Services extends RequestServices {
  readonly clock: Clock;
  readonly log: Logger;
  readonly authenticator: Authenticator;
  readonly rateLimits: RateLimits;
}

/** The roads by their paths. What few gateways need is loaded with the first request for it. */
const roads: Readonly<Record<string, () => Road | Promise<Road>>> = {
  '/v1/calls': () => callsRoad,
  '/v1/events': async () => (await import('./events-road.ts')).eventsRoad,
  '/v1/traces': async () => (await import('./traces/traces-road.ts')).tracesRoad,
};

/**
 * Takes calls by plain HTTP, and passes every other request on. The bounds are those of GraphQL requests, in the same
 * order: who calls, rates, turns, the body. Whoever is refused is told before the body is read.
 */
export function ingestRequests(
  next: RequestListener,
  { clientAddressHeader, corsOrigins, requestLimits }: Settings,
  services: Services,
  turns: RequestTurns,
  bodies: BodyRoom,
): RequestListener {
  const { authenticator, clock, log, rateLimits } = services;

  const answer = async (path: string, request: IncomingMessage, response: ServerResponse): Promise<IngestAnswer> => {
    const { headers, method } = request;
    if (method !== 'POST') {
      response.setHeader('allow', 'POST');
      throw refusal(405, `Send calls to ${path} with POST.`);
    }
    const { authorization = null } = headers;
    const principal = await authenticator.authenticate(authorization, rawClientAddress(request, clientAddressHeader));
    noteCaller(principal);
    rateLimits.countRequest(principal, { ofCalls: true });
    const tenantId = checkCaller(principal, headers['x-tenant-id']?.toString());
    const road = await roads[path]?.();
    if (!road) throw new Error(`There is no road at ${path}.`);
    if (!road.takes(mediaType(headers), headers)) throw refusal(415, `Send ${road.takesInWords}.`);
    const leave = await turns.enter(principal, authorization ?? '');
    if (response.destroyed) leave();
    else response.once('close', leave);
    const body = await bodyOf(request, response, principal);
    const record = currentRequest();
    if (record) Object.assign(record, { kind: 'ingest', fields: [path] });
    return road.answer({ headers, body, principal, tenantId, now: clock(), services });
  };

  const bodyOf = async (request: IncomingMessage, response: ServerResponse, principal: Principal): Promise<Buffer> => {
    const caller = laneOf(principal);
    const limits = requestLimits.body;
    const body = await readRawBody(request, response, { limits, room: bodies, caller, isAnonymous: false });
    let decompressed = 0;
    response.once('close', () => bodies.give(caller, decompressed));
    return decompress(body, request.headers['content-encoding'], {
      maxBytes: limits.maxBytes,
      onBytes(bytes) {
        bodies.take(caller, bytes);
        decompressed += bytes;
      },
    });
  };

  return (request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    if (!Object.hasOwn(roads, path)) return next(request, response);
    if (corsOrigins.length > 0 && answersPreflight(request, response, corsOrigins)) return;
    void untilEnd(response, requestLimits.maxMs, () => answer(path, request, response)).then(
      (answered) => sendRaw(response, { status: 200, ...answered }),
      (error: unknown) => {
        const refused = problemOf(toClientError(error, log));
        currentRequest()?.codes.push(refused.code);
        sendRaw(response, refused);
      },
    );
  };
}

/**
 * Checks that a caller may record calls, and for the tenant that the header names.
 * @throws {GatewayError}
 */
function checkCaller(principal: Principal, named: string | undefined) {
  if (!scopeRules(principal).recordUsage)
    throw refusedField(principal, {
      type: 'Mutation',
      name: 'recordUsage',
      scopes: [{ scope: 'recordUsage', tenant: undefined }],
    });
  // Without the header, each call of a superuser names its tenant.
  return named === undefined && isOfPlatform(principal) ? undefined : targetTenant(principal, named, 'x-tenant-id');
}

/** Ends the statements of a request when its client has left or it takes too long. Calls are stored all the same. */
async function untilEnd<T>(response: ServerResponse, maxMs: number, work: () => Promise<T>): Promise<T> {
  const end = new AbortController();
  const leave = () => end.abort(new TimeoutError('The client left before it was answered.', 408));
  const timer = setTimeout(
    () =>
      end.abort(
        new TimeoutError(
          `The request was ended after ${maxMs / 1000} seconds, the longest that a request may take (REQUEST_MAX_SECONDS). Calls can be sent again with the same requestId.`,
        ),
      ),
    maxMs,
  );
  response.once('close', leave);
  try {
    return await whileAwaited(end.signal, work);
  } finally {
    clearTimeout(timer);
    response.off('close', leave);
  }
}
