import { randomUUID } from 'node:crypto';
import { cpSync, constants, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, inject } from 'vitest';
import type { Config } from '../../src/settings/config.ts';
import type { PostgresTemplate } from './global-setup.ts';
import { runOnServer, withDatabase } from './server-sql.ts';

export type DatabaseKind = 'embedded' | 'postgres';

/** A run on another PostgreSQL server repeats nothing on the embedded database, for which that makes no difference. */
export const databaseKinds: readonly DatabaseKind[] = process.env['TEST_POSTGRES_BIN']
  ? ['postgres']
  : ['embedded', 'postgres'];

export interface TestDatabase {
  /** To be given to `openDatabase`, here or in another process. */
  config: Pick<Config, 'databaseUrl' | 'dataDir' | 'databasePoolMax'>;
  /** Whatever still works on it must have been closed. */
  drop(): Promise<void>;
}

/** A new database with every migration applied and no rows. */
export async function createTestDatabase(kind: DatabaseKind): Promise<TestDatabase> {
  if (kind === 'postgres') return createOnServer(({ template }) => template);
  const { embeddedTemplate } = inject('testDatabases');
  const database = createFolder();
  cpSync(embeddedTemplate, database.config.dataDir, {
    recursive: true,
    mode: constants.COPYFILE_FICLONE,
    filter: (source) => !lockFiles.has(basename(source)),
  });
  return database;
}

/** A new database without any table; the embedded one's folder does not exist yet. */
export async function createEmptyTestDatabase(kind: DatabaseKind): Promise<TestDatabase> {
  return kind === 'postgres' ? createOnServer(() => 'template0') : createFolder();
}

/** A suite on each kind of database; one that cannot run here is skipped with the reason in its name. */
export function describeOnEachDatabase(name: string, define: (kind: DatabaseKind) => void): void {
  for (const kind of databaseKinds) {
    const reason = unavailable(kind);
    describe.skipIf(reason)(`${name} [${kind}]${reason ? ` (left out: ${reason})` : ''}`, () => {
      define(kind);
    });
  }
}

/** Why databases of a kind cannot be had here, in one line, or nothing. */
export function unavailable(kind: DatabaseKind): string | undefined {
  const { postgres } = inject('testDatabases');
  return kind === 'postgres' && 'unavailable' in postgres ? postgres.unavailable.split('\n')[0] : undefined;
}

const lockFiles = new Set(['lock', 'holder.json']);

function createFolder(): TestDatabase {
  const dataDir = join(inject('testDatabases').folder, randomUUID());
  return {
    config: { databaseUrl: undefined, dataDir, databasePoolMax: 1 },
    drop: async () => rmSync(dataDir, { recursive: true, force: true }),
  };
}

async function createOnServer(source: (server: PostgresTemplate) => string): Promise<TestDatabase> {
  const { postgres } = inject('testDatabases');
  if ('unavailable' in postgres) throw new Error(`There is no PostgreSQL server: ${postgres.unavailable}`);
  const name = postgres.prefix + randomUUID().replaceAll('-', '');
  await runOnServer(postgres.serverUrl, `create database ${name} template ${source(postgres)}`);
  return {
    config: { databaseUrl: withDatabase(postgres.serverUrl, name), dataDir: '', databasePoolMax: 5 },
    drop: async () => {
      await runOnServer(postgres.serverUrl, `drop database ${name} with (force)`);
    },
  };
}
