import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openDatabase } from '../../../src/open-database.ts';
import { startEmbeddedDatabase } from '../../../src/database/embedded/embedded-database.ts';
import { lockFolder } from '../../../src/database/embedded/folder-lock.ts';
import { createTestDatabase } from '../../support/databases.ts';
import { processTestTimeoutMs, startDatabaseProcess } from '../start-database-process.ts';

vi.setConfig({ testTimeout: processTestTimeoutMs });

async function testDatabase() {
  const { config, drop } = await createTestDatabase('embedded');
  onTestFinished(drop);
  return config;
}

function temporaryFolder() {
  const tmp = mkdtempSync(join(tmpdir(), 'ugt-'));
  onTestFinished(() => rmSync(tmp, { recursive: true }));
  return tmp;
}

it('ends the process by itself and removes the socket', async () => {
  const tmp = temporaryFolder();
  const child = startDatabaseProcess(await testDatabase(), { TMPDIR: tmp });
  await child.opened();
  expect(readdirSync(tmp)).toHaveLength(1);
  expect(await child.signal('SIGTERM')).toBe(0);
  expect(readdirSync(tmp)).toEqual([]);
});

it('still answers between an interrupt and the close', async () => {
  const config = await testDatabase();
  const child = startDatabaseProcess(config);
  await child.opened();
  child.interrupt();
  child.interrupt();
  expect(await child.exited).toBe(0);

  const database = await openDatabase(config);
  onTestFinished(database.close);
  expect(await database.orm.em.execute('select tenant_id from tenant')).toEqual([{ tenant_id: 'interrupted' }]);
});

it('may be asked for twice and leaves the folder free', async () => {
  const { dataDir } = await testDatabase();
  const database = await startEmbeddedDatabase(dataDir);
  await Promise.all([database.close(), database.close()]);
  await database.close();
  expect(() => lockFolder(dataDir).release()).not.toThrow();
});
