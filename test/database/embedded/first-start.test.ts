import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, it, onTestFinished } from 'vitest';
import { migrations } from '../../../migrations/index.ts';
import { openDatabase } from '../../../src/open-database.ts';
import { createEmptyTestDatabase } from '../../support/databases.ts';
import { processTestTimeoutMs, startDatabaseProcess } from '../start-database-process.ts';

type Moment = (folder: string) => Promise<unknown>;

const entriesOf = (folder: string) => (existsSync(folder) ? readdirSync(folder).sort() : []);

async function until(condition: () => boolean) {
  while (!condition()) await sleep(2);
}

const buildBegins: Moment = (folder) => until(() => entriesOf(folder).some((entry) => entry.startsWith('pgdata.new-')));

const buildIsWritten: Moment = (folder) =>
  until(() =>
    entriesOf(folder).some((entry) => entry.startsWith('pgdata.new-') && existsSync(join(folder, entry, 'base'))),
  );

const buildIsDone: Moment = (folder) => until(() => existsSync(join(folder, 'pgdata')));

const after =
  (ms: number): Moment =>
  () =>
    sleep(ms);

it.each<[string, Moment[]]>([
  ['as its build begins, is written and is done', [buildBegins, buildIsWritten, buildIsDone]],
  ['after 500, 1,500 and 3,000 ms', [after(500), after(1500), after(3000)]],
])(
  'first starts killed %s leave nothing in the way of the next',
  { timeout: processTestTimeoutMs },
  async (_, moments) => {
    const { config, drop } = await createEmptyTestDatabase('embedded');
    onTestFinished(drop);
    for (const moment of moments) {
      const killed = startDatabaseProcess(config);
      await moment(config.dataDir);
      expect(await killed.signal('SIGKILL')).toBe('SIGKILL');
    }

    const database = await openDatabase(config);
    onTestFinished(database.close);
    const names = migrations.map(({ name }) => ({ name }));
    expect(await database.orm.em.execute('select name from migration order by id')).toEqual(names);
    expect(await database.orm.em.execute('select count(*)::int as tenants from tenant')).toEqual([{ tenants: 0 }]);
    expect(entriesOf(config.dataDir)).toEqual(['holder.json', 'lock', 'pgdata']);
  },
);

it('keeps the files from other users of the machine', () => {
  const { mode } = statSync(join(inject('testDatabases').embeddedTemplate, 'pgdata'));
  expect(mode & 0o077).toBe(0);
});
