import { createFirstSuperuserKey, hasSuperuserKey } from './access/api-keys/api-key.service.ts';
import type { BackgroundRunner } from './background/background-runner.ts';
import type { Config } from './settings/config.ts';
import { startObserving, type Observing } from './observing.ts';
import type { Live } from './live/live.ts';
import { OperatorError } from './values/errors.ts';
import { listen, type HttpServer } from './server.ts';
import { askAs } from './ask-as.ts';
import { ingestRequests } from './ingest/ingest-requests.ts';
import { mcpRequests } from './mcp/mcp-requests.ts';
import { schema } from './schema.ts';
import { BodyRoom } from './web/body-room.ts';
import { RequestTurns } from './web/request-turns.ts';
import { createServices, type ServiceParts } from './services.ts';
import { warmUp } from './warm-up.ts';
import { createGraphQLServer } from './yoga.ts';

/**
 * Serves GraphQL on an open database and starts what runs in the background, making the first superuser's key where
 * there is none.
 * @throws {OperatorError} when the address is taken.
 */
export async function startServing(
  config: Config,
  parts: ServiceParts,
): Promise<{
  server: HttpServer;
  background: BackgroundRunner;
  observing: Observing;
  live: Live;
  firstKey: string | undefined;
}> {
  const firstKey = config.superuserKey === undefined ? await firstSuperuserKey(config, parts) : undefined;
  const services = await createServices(config, parts);
  await warmUp(services);
  const turns = new RequestTurns(config.requestLimits.turns);
  const bodies = new BodyRoom(config.requestLimits.body.maxBytesTogether);
  const graphql = createGraphQLServer(config, services, turns, bodies);
  const { log, authenticator, rateLimits } = services;
  const admission = { log, authenticator, rateLimits, turns, bodies };
  const agents = mcpRequests(graphql, config, { ...admission, schema, askAs: askAs(graphql) });
  const handler = turns.guard(ingestRequests(agents, config, services, turns, bodies));
  const observing = await startObserving(config, services);
  const server = await listen(observing.requests(handler), config.host, config.port).catch(async (error: unknown) => {
    await observing.stop();
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatorError(`HOST, PORT: cannot listen on ${config.host}:${config.port}: ${reason}`, { cause: error });
  });
  services.background.start();
  return { server, background: services.background, observing, live: services.live, firstKey };
}

const howToMakeKey =
  "No superuser's key exists. Make one with 'usage-gateway keys create --name <name> --role SUPERUSER', or set SUPERUSER_KEY or SUPERUSER_KEY_FILE.";

/** The first superuser's key where there was none. In production, where output is kept, none is made. */
async function firstSuperuserKey({ environment }: Config, { orm, log }: ServiceParts): Promise<string | undefined> {
  if (environment !== 'production') return createFirstSuperuserKey(orm.em.fork());
  if (!(await hasSuperuserKey(orm.em.fork()))) log.warn(howToMakeKey);
  return undefined;
}
