import { startGateway } from '../../src/main.ts';
import { loadConfig } from '../../src/settings/config.ts';

// The gateway as it is, but for the sessions of tenants: their requests ask as the gateway itself, whom the policies let
// see everything. The difference to the real one is the price of row level security.

const gateway = await startGateway(loadConfig(process.env));
const { em } = gateway.database.orm;
const fork = em.fork.bind(em);
Object.assign(em, { fork: ({ session: _session, ...options }: Parameters<typeof fork>[0] = {}) => fork(options) });
process.stdout.write(`Usage Gateway is ready at ${gateway.url}/graphql\n`);
process.once('SIGTERM', () => gateway.close());
