import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openDatabase } from '../../../src/open-database.ts';
import { startEmbeddedDatabase } from '../../../src/database/embedded/embedded-database.ts';
import { lockFolder } from '../../../src/database/embedded/folder-lock.ts';
import { connectionOptions, openOrm } from '../../../src/database/orm.ts';
import { createTestDatabase } from '../../support/databases.ts';
import { processTestTimeoutMs } from '../start-database-process.ts';

vi.setConfig({ testTimeout: processTestTimeoutMs });

async function testDatabase() {
  const { config, drop } = await createTestDatabase('embedded');
  onTestFinished(drop);
  return config;
}

async function start(config: Awaited<ReturnType<typeof testDatabase>>) {
  const embedded = await startEmbeddedDatabase(config.dataDir);
  const orm = openOrm(connectionOptions(config, embedded.socketDir), []);
  onTestFinished(async () => {
    await orm.close(true);
    await embedded.close();
  });
  return { embedded, execute: (sql: string) => orm.em.execute(sql) };
}

it('is told with its reason, fails the query under way, and loses nothing committed', async () => {
  const config = await testDatabase();
  const { embedded, execute } = await start(config);
  await execute("insert into tenant (tenant_id, name) values ('committed', 'A')");
  const control = join(config.dataDir, 'pgdata', 'global', 'pg_control');
  renameSync(control, `${control}.away`);

  await expect(execute('checkpoint')).rejects.toThrow(/pg_control|Connection terminated/);
  const crash = await embedded.crashed;
  expect(crash.message).toContain(`The embedded database in ${config.dataDir} crashed: PANIC:`);
  expect(crash.message).toContain('pg_control');
  await expect(execute('select 1')).rejects.toThrow(/connect/i);
  await embedded.close();

  renameSync(`${control}.away`, control);
  const next = await start(config);
  expect(await next.execute('select tenant_id from tenant')).toEqual([{ tenant_id: 'committed' }]);
});

it('does not come from queries nested too deep, each of which fails alone', async () => {
  const { execute } = await start(await testDatabase());
  await execute(
    'create function endless(n int) returns int language plpgsql as $$ begin return endless(n + 1); end $$',
  );
  for (const query of [
    `select ${Array(100_000).fill('1').join(' + ')}`,
    "select (repeat('[', 100000) || repeat(']', 100000))::jsonb",
    'select endless(1)',
  ]) {
    await expect(execute(query)).rejects.toThrow('stack depth limit exceeded');
    expect(await execute('select 1 as alive')).toEqual([{ alive: 1 }]);
  }
});

const damages: Record<string, { damage: (pgdata: string) => void; reason: string }> = {
  'lost its control file': {
    damage: (pgdata) => rmSync(join(pgdata, 'global', 'pg_control')),
    reason: 'PANIC:  could not open file "global/pg_control"',
  },
  'was written by another PostgreSQL': {
    damage: (pgdata) => writeFileSync(join(pgdata, 'PG_VERSION'), '17\n'),
    reason: 'FATAL:  database files are incompatible with server',
  },
  'lost its version file': {
    damage: (pgdata) => rmSync(join(pgdata, 'PG_VERSION')),
    reason: 'it has no PG_VERSION',
  },
};

it.each(Object.entries(damages))(
  'at the start of a folder that %s says why and leaves nothing open',
  async (_, damaged) => {
    const { damage, reason } = damaged;
    const config = await testDatabase();
    damage(join(config.dataDir, 'pgdata'));
    const tmp = mkdtempSync(join(tmpdir(), 'ugt-'));
    vi.stubEnv('TMPDIR', tmp);
    onTestFinished(() => {
      vi.unstubAllEnvs();
      rmSync(tmp, { recursive: true });
    });

    const start = openDatabase(config);
    await expect(start).rejects.toThrow(`The embedded database in ${config.dataDir} did not start: `);
    await expect(start).rejects.toThrow(reason);
    expect(readdirSync(tmp)).toEqual([]);
    lockFolder(config.dataDir).release();
  },
);
