import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startNode } from '../cli/gateway-process.ts';

// A package of its own: pg-aggregates wants a graphql that is older than the one copy in the project's tree.
const folder = join(import.meta.dirname, 'postgraphile');

export interface Postgraphile {
  url: string;
  stop(): Promise<void>;
}

/** Starts PostGraphile on a migrated database, installed from its lock file when it is not there yet. */
export async function startPostgraphile(databaseUrl: string): Promise<Postgraphile> {
  if (!existsSync(join(folder, 'node_modules')))
    execFileSync('npm', ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  const server = startNode('test/bench/postgraphile/server.js', [], { DATABASE_URL: databaseUrl });
  const [, url = ''] = await server.waitFor(/ready at (\S+)/);
  return {
    url,
    async stop() {
      server.kill('SIGTERM');
      await server.ended;
    },
  };
}
