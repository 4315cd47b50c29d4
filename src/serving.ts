import { createFirstSuperuserKey } from './access/api-keys/api-key.service.ts';
import { createAuthenticator } from './access/authenticate.ts';
import type { Services } from './context.ts';
import type { Config } from './settings/config.ts';
import { OperatorError } from './values/errors.ts';
import { folderOptions, startFolding, type Folder } from './rollup/folder.ts';
import { adoptRestoredTenants } from './rollup/rebuild.service.ts';
import { listen, type HttpServer } from './server.ts';
import { createGraphQLServer } from './yoga.ts';

/**
 * Serves GraphQL on an open database and folds its ledger into summaries. Creates the first superuser's key if there is
 * none.
 * @throws {OperatorError} when the address is taken.
 */
export async function startServing(
  config: Config,
  services: Services,
): Promise<{ server: HttpServer; folder: Folder | undefined; firstKey: string | undefined }> {
  const { orm, clock, log, folding = true } = services;
  const firstKey = config.superuserKey === undefined ? await createFirstSuperuserKey(orm.em.fork()) : undefined;
  // Before anything is read.
  const restored = await adoptRestoredTenants(orm.em.fork());
  if (restored.length > 0)
    log.warn({ tenants: restored }, 'a ledger of another server was found; its summaries are made anew');
  // The library is only loaded when tokens are accepted.
  const verifyToken = config.jwt && (await import('./access/token-verifier.ts')).tokenVerifier(config.jwt, clock, log);
  const authenticator = createAuthenticator(orm, config.superuserKey, clock, verifyToken);
  const yoga = createGraphQLServer(config, services, authenticator);
  const server = await listen(yoga, config.host, config.port).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatorError(`HOST, PORT: cannot listen on ${config.host}:${config.port}: ${reason}`, { cause: error });
  });
  return { server, folder: folding ? startFolding(orm, log, folderOptions(config)) : undefined, firstKey };
}
