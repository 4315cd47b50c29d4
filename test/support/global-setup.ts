import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../../src/open-database.ts';
import { PostgresUnavailableError, startPostgresServer } from './postgres-server.ts';
import { runOnServer, withDatabase } from './server-sql.ts';

export interface TestDatabases {
  /** Holds the run's embedded databases and temporary files; removed at its end. */
  folder: string;
  /** Data folder of an embedded database with every migration applied. */
  embeddedTemplate: string;
  postgres: PostgresTemplate | { unavailable: string };
}

export interface PostgresTemplate {
  serverUrl: string;
  /** Database with every migration applied. */
  template: string;
  /** Starts the name of every database of the run. */
  prefix: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    testDatabases: TestDatabases;
  }
}

/** Starts the servers and builds the templates that the databases of all tests are copied from. */
export default async function prepareTestDatabases(project: TestProject): Promise<() => Promise<void>> {
  // Short, as sockets live below it, whose paths may have about 100 bytes.
  const folder = mkdtempSync(join(tmpdir(), 'ugt-'));
  const embeddedTemplate = join(folder, 'template');
  const outcomes = await Promise.allSettled([preparePostgres(folder), buildEmbeddedTemplate(embeddedTemplate)]);
  const [postgres] = outcomes;
  const tearDown = async () => {
    rmSync(folder, { recursive: true, force: true });
    if (postgres.status === 'fulfilled') await postgres.value.stop();
  };
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed || postgres.status === 'rejected') {
    await tearDown();
    throw failed?.reason;
  }
  project.provide('testDatabases', { folder, embeddedTemplate, postgres: postgres.value.provided });
  return tearDown;
}

async function buildEmbeddedTemplate(dataDir: string) {
  const database = await openDatabase({ databaseUrl: undefined, dataDir, databasePoolMax: 1 });
  await database.close();
}

async function preparePostgres(
  folder: string,
): Promise<{ provided: TestDatabases['postgres']; stop(): Promise<void> }> {
  let server;
  try {
    server = await startPostgresServer(folder);
  } catch (error) {
    if (!(error instanceof PostgresUnavailableError)) throw error;
    const notice = leftOut(error.message);
    process.stderr.write(notice);
    if (process.env['CI'])
      throw new Error('In CI no test may be left out for want of a PostgreSQL server.', { cause: error });
    // Said again below the results, where it is seen.
    return { provided: { unavailable: error.message }, stop: async () => void process.stderr.write(notice) };
  }
  const prefix = `usage_gateway_test_${randomBytes(4).toString('hex')}_`;
  const provided = { serverUrl: server.url, template: `${prefix}template`, prefix };
  const stop = async () => {
    try {
      await dropDatabases(provided);
    } finally {
      await server.stop();
    }
  };
  try {
    await buildPostgresTemplate(provided);
  } catch (error) {
    await stop();
    throw error;
  }
  return { provided, stop };
}

async function buildPostgresTemplate({ serverUrl, template }: PostgresTemplate) {
  await runOnServer(serverUrl, `create database ${template}`);
  const databaseUrl = withDatabase(serverUrl, template);
  const database = await openDatabase({ databaseUrl, dataDir: '', databasePoolMax: 2 });
  await database.close();
}

/** Those of tests that ended early too: a server given by TEST_DATABASE_URL outlives the run. */
async function dropDatabases({ serverUrl, prefix }: PostgresTemplate) {
  const left = await runOnServer<{ datname: string }>(
    serverUrl,
    `select datname from pg_database where starts_with(datname, '${prefix}')`,
  );
  await runOnServer(serverUrl, ...left.map(({ datname }) => `drop database ${datname} with (force)`));
}

const leftOut = (reason: string) => `
${'!'.repeat(100)}
LEFT OUT: every test on a PostgreSQL server. None could be started here, so they ran on the embedded
database only. Name a server in TEST_DATABASE_URL to run them. What went wrong:
${reason}
${'!'.repeat(100)}
`;
