import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import type { Authenticator } from '../access/authenticate.ts';
import type { RateLimits } from '../admission/rate-limits.ts';
import { laneOf, type Principal } from '../caller/principal.ts';
import { toClientError } from '../graphql/client-error.ts';
import type { Config } from '../settings/config.ts';
import type { Logger } from '../settings/log.ts';
import { currentRequest } from '../telemetry/request-record.ts';
import { UnauthenticatedError } from '../values/errors.ts';
import type { BodyRoom } from '../web/body-room.ts';
import { rawClientAddress } from '../web/client-address.ts';
import { invalidRequest, jsonRpcRefusal, mcpPath, parseError } from '../web/json-rpc.ts';
import { answersPreflight, readRawBody, sendRaw, type RawAnswer } from '../web/raw-requests.ts';
import { refusal } from '../web/read-body.ts';
import { readJson } from '../web/read-json.ts';
import type { RequestTurns } from '../web/request-turns.ts';
import { noteCaller } from '../web/use-authentication.ts';
import type { Ask } from './call-tool.ts';
import { checkOrigin } from './check-origin.ts';
import type { AnswerMessage } from './protocol.ts';

type Settings = Pick<Config, 'clientAddressHeader' | 'corsOrigins' | 'requestLimits'>;

export interface McpParts {
  readonly log: Logger;
  readonly authenticator: Authenticator;
  readonly rateLimits: RateLimits;
  readonly turns: RequestTurns;
  readonly bodies: BodyRoom;
  readonly schema: GraphQLSchema;
  /** Asks GraphQL as a caller, until the response is closed. */
  readonly askAs: (principal: Principal, response: ServerResponse) => Ask;
}

/** What the protocol needs of a request's headers. The credential is not among them. */
const passedOn = ['accept', 'content-type', 'mcp-protocol-version'];

const json = /^\s*application\/json\s*(;|$)/i;

/**
 * Answers agents that speak the Model Context Protocol at /mcp, and passes every other request on. The bounds are those of
 * GraphQL requests, in the same order: who calls, rates, turns, the body, the document.
 */
export function mcpRequests(
  next: RequestListener,
  { clientAddressHeader, corsOrigins, requestLimits }: Settings,
  { log, authenticator, rateLimits, turns, bodies, schema, askAs }: McpParts,
): RequestListener {
  let loading: Promise<AnswerMessage> | undefined;
  // Few gateways are asked by agents, so that the library is loaded for the first message.
  const protocol = () => (loading ??= import('./protocol.ts').then(({ mcpProtocol }) => mcpProtocol(schema, log)));

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<RawAnswer> => {
    const { headers, method } = request;
    checkOrigin(headers, corsOrigins);
    if (method !== 'POST') {
      response.setHeader('allow', 'POST');
      throw refusal(405, `Send each message to ${mcpPath} with POST. There are no sessions and no streams.`);
    }
    const { authorization = null } = headers;
    const principal = await authenticator.authenticate(authorization, rawClientAddress(request, clientAddressHeader));
    noteCaller(principal);
    if (principal.kind === 'anonymous') throw new UnauthenticatedError();
    rateLimits.countRequest(principal);
    if (!json.test(headers['content-type'] ?? '')) throw refusal(415, 'Send application/json.');
    const leave = await turns.enter(principal, authorization ?? '');
    if (response.destroyed) leave();
    else response.once('close', leave);
    const reading = { limits: requestLimits.body, room: bodies, caller: laneOf(principal), isAnonymous: false };
    const body = await readRawBody(request, response, reading);
    const record = currentRequest();
    if (record) Object.assign(record, { kind: 'mcp', fields: [mcpPath] });
    const message = parsed(body);
    if ('refused' in message) return message.refused;
    return rawAnswer(await (await protocol())(message.value, headersFor(headers), askAs(principal, response)));
  };

  return (request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    if (path !== mcpPath) return next(request, response);
    if (corsOrigins.length > 0 && answersPreflight(request, response, corsOrigins)) return;
    void answer(request, response)
      .catch((error: unknown) => {
        const refused = jsonRpcRefusal(toClientError(error, log));
        currentRequest()?.codes.push(refused.code);
        return refused;
      })
      .then((answered) => sendRaw(response, answered));
  };
}

/** The one message of a body. Several at once would get past what is counted and bounded for each request. */
function parsed(body: Buffer): { value: unknown } | { refused: RawAnswer } {
  const refused = (message: string, rpcCode: number) => {
    currentRequest()?.codes.push('VALIDATION_ERROR');
    return { refused: jsonRpcRefusal({ message, extensions: { code: 'VALIDATION_ERROR' } }, rpcCode) };
  };
  let value: unknown;
  try {
    value = readJson(body);
  } catch {
    return refused('The body is not JSON in UTF-8.', parseError);
  }
  return Array.isArray(value) ? refused('Send one message at a time.', invalidRequest) : { value };
}

const headersFor = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(passedOn.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])));

async function rawAnswer(response: Response): Promise<RawAnswer> {
  const body = Buffer.from(await response.arrayBuffer());
  if (!response.ok) currentRequest()?.codes.push('VALIDATION_ERROR');
  return { status: response.status, headers: Object.fromEntries(response.headers), body };
}
