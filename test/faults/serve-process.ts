import { inject, onTestFinished } from 'vitest';
import { startCli, type CliProcess } from '../cli/gateway-process.ts';
import type { TestDatabase } from '../support/databases.ts';
import { superuserKey } from '../support/gateway.ts';

export interface ServeProcess extends CliProcess {
  url: string;
}

/** A gateway in a process of its own that is ready; killed at the latest when the test is over. */
export async function startServeProcess(
  { databaseUrl, dataDir }: TestDatabase['config'],
  port = '0',
  settings: Record<string, string> = {},
) {
  const gateway = startCli(['serve'], {
    PORT: port,
    LOG_LEVEL: 'silent',
    SUPERUSER_KEY: superuserKey,
    // A killed process leaves its socket there.
    TMPDIR: inject('testDatabases').folder,
    ...settings,
    ...(databaseUrl === undefined ? { DATA_DIR: dataDir } : { DATABASE_URL: databaseUrl }),
  });
  onTestFinished(async () => {
    gateway.kill('SIGKILL');
    await gateway.ended;
  });
  const [, url = ''] = await gateway.waitFor(/^Usage Gateway is ready at (\S+)\/graphql$/m);
  return { ...gateway, url } satisfies ServeProcess;
}
