import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openDatabase } from '../../../src/open-database.ts';
import { createTestDatabase, type TestDatabase } from '../../support/databases.ts';
import { processTestTimeoutMs, startDatabaseProcess } from '../start-database-process.ts';

vi.setConfig({ testTimeout: processTestTimeoutMs });

async function testDatabase(): Promise<TestDatabase['config']> {
  const { config, drop } = await createTestDatabase('embedded');
  onTestFinished(drop);
  return config;
}

async function open(config: TestDatabase['config']) {
  const database = await openDatabase(config);
  onTestFinished(database.close);
  return (sql: string) => database.orm.em.execute<Record<string, unknown>[]>(sql);
}

it('refuses a second process and names the first', async () => {
  const config = await testDatabase();
  const holder = startDatabaseProcess(config);
  expect(await holder.opened()).toEqual([]);
  const refused = await startDatabaseProcess(config).opened();
  expect(refused).toMatchObject({
    name: 'FolderLockedError',
    message: expect.stringContaining(`in use by process ${holder.pid} `),
  });
  expect(await holder.execute('select 1 as alive')).toEqual([{ alive: 1 }]);
});

it('opens at once after a kill, with what was committed and without what was not', async () => {
  const config = await testDatabase();
  const holder = startDatabaseProcess(config);
  await holder.opened();
  await holder.execute("insert into tenant (tenant_id, name) values ('committed', 'A')");
  await holder.execute('begin');
  await holder.execute("insert into tenant (tenant_id, name) values ('uncommitted', 'B')");
  expect(await holder.signal('SIGKILL')).toBe('SIGKILL');

  const execute = await open(config);
  expect(await execute('select tenant_id from tenant')).toEqual([{ tenant_id: 'committed' }]);
});

it('keeps every acknowledged row of a process killed while it writes', async () => {
  const config = await testDatabase();
  const holder = startDatabaseProcess(config);
  await holder.opened();
  const acknowledged: string[] = [];
  const enough = Promise.withResolvers<void>();
  const inserts = Array.from({ length: 2000 }, async (_, index) => {
    const id = `tenant-${String(index).padStart(4, '0')}`;
    await holder.execute(`insert into tenant (tenant_id, name) values ('${id}', repeat('x', 1000))`);
    if (acknowledged.push(id) === 500) enough.resolve();
  });
  const settled = Promise.allSettled(inserts);
  await enough.promise;
  await holder.signal('SIGKILL');
  await settled;

  const execute = await open(config);
  const kept = (await execute('select tenant_id from tenant order by tenant_id')).map((row) => row['tenant_id']);
  expect(kept).toEqual(expect.arrayContaining(acknowledged));
  // One statement at a time: at most the one under way was committed without its acknowledgement reaching anybody,
  // and those whose acknowledgement was on its way.
  expect(kept).toEqual(kept.map((_, index) => `tenant-${String(index).padStart(4, '0')}`));
});

it('is not held up by the socket folder that a killed process leaves', async () => {
  const config = await testDatabase();
  const tmp = mkdtempSync(join(tmpdir(), 'ugt-'));
  onTestFinished(() => rmSync(tmp, { recursive: true }));
  const killed = startDatabaseProcess(config, { TMPDIR: tmp });
  await killed.opened();
  await killed.signal('SIGKILL');
  const left = readdirSync(tmp);
  expect(left).toHaveLength(1);

  const next = startDatabaseProcess(config, { TMPDIR: tmp });
  expect(await next.opened()).toEqual([]);
  expect(await next.execute('select 1 as alive')).toEqual([{ alive: 1 }]);
  expect(await next.signal('SIGTERM')).toBe(0);
  expect(readdirSync(tmp)).toEqual(left);
});
