import { createFirstSuperuserKey } from './access/api-keys/api-key.service.ts';
import type { BackgroundRunner } from './background/background-runner.ts';
import type { Config } from './settings/config.ts';
import { OperatorError } from './values/errors.ts';
import { adoptRestoredTenants } from './rollup/rebuild.service.ts';
import { listen, type HttpServer } from './server.ts';
import { createServices, type ServiceParts } from './services.ts';
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
  const { orm, log } = parts;
  const firstKey = config.superuserKey === undefined ? await createFirstSuperuserKey(orm.em.fork()) : undefined;
  // Before anything is read.
  const restored = await adoptRestoredTenants(orm.em.fork());
  if (restored.length > 0)
    log.warn({ tenants: restored }, 'a ledger of another server was found; its summaries are made anew');
  const services = await createServices(config, parts);
  const yoga = createGraphQLServer(config, services);
  const server = await listen(yoga, config.host, config.port).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatorError(`HOST, PORT: cannot listen on ${config.host}:${config.port}: ${reason}`, { cause: error });
  });
  services.background.start();
  return { server, background: services.background, firstKey };
}
