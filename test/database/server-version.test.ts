import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { unavailable } from '../support/databases.ts';
import { runOnServer } from '../support/server-sql.ts';

const installed = process.env['TEST_POSTGRES_BIN'];

/** Of the programs that the run was told to use, or of those in node_modules. */
const expectedMajor = installed
  ? /(\d+)\./.exec(execFileSync(join(installed, 'postgres'), ['--version'], { encoding: 'utf8' }))?.[1]
  : '18';

describe.skipIf(process.env['TEST_DATABASE_URL'] || unavailable('postgres'))('the server of the tests', () => {
  it(`is PostgreSQL ${expectedMajor}`, async () => {
    const { postgres } = inject('testDatabases');
    if ('unavailable' in postgres) throw new Error(postgres.unavailable);
    const [row] = await runOnServer<{ server_version: string }>(postgres.serverUrl, 'show server_version');
    expect(row?.server_version.split('.')[0]).toBe(expectedMajor);
  });
});
