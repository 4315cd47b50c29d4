import { createFirstSuperuserKey } from './access/api-keys/api-key.service.ts';
import type { BackgroundRunner } from './background/background-runner.ts';
import type { Config } from './settings/config.ts';
import { OperatorError } from './values/errors.ts';
import { listen, type HttpServer } from './server.ts';
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
): Promise<{ server: HttpServer; background: BackgroundRunner; firstKey: string | undefined }> {
  const { orm } = parts;
  const firstKey = config.superuserKey === undefined ? await createFirstSuperuserKey(orm.em.fork()) : undefined;
  const services = await createServices(config, parts);
  await warmUp(services);
  const yoga = createGraphQLServer(config, services);
  const server = await listen(yoga, config.host, config.port).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatorError(`HOST, PORT: cannot listen on ${config.host}:${config.port}: ${reason}`, { cause: error });
  });
  services.background.start();
  return { server, background: services.background, firstKey };
}
