import { describe, expect, it, onTestFinished } from 'vitest';
import { migrations } from '../../migrations/index.ts';
import { openDatabase } from '../../src/open-database.ts';
import { createEmptyTestDatabase, describeOnEachDatabase, unavailable } from '../support/databases.ts';
import { processTestTimeoutMs, startDatabaseProcess } from './start-database-process.ts';

const names = migrations.map(({ name }) => name);

describeOnEachDatabase('migrations', (kind) => {
  it('are applied by the first start and by none after it', { timeout: processTestTimeoutMs }, async () => {
    const { config, drop } = await createEmptyTestDatabase(kind);
    onTestFinished(drop);
    const first = await openDatabase(config);
    expect(first.applied).toEqual(names);
    await first.close();
    const second = await openDatabase(config);
    onTestFinished(second.close);
    expect(second.applied).toEqual([]);
  });
});

const reason = unavailable('postgres');
describe.skipIf(reason)(`several processes on one PostgreSQL database${reason ? ` (left out: ${reason})` : ''}`, () => {
  it.each([2, 10])(
    'all come up with %i connections each, and each migration is applied once',
    { timeout: processTestTimeoutMs },
    async (databasePoolMax) => {
      const { config, drop } = await createEmptyTestDatabase('postgres');
      onTestFinished(drop);
      const processes = Array.from({ length: 5 }, () => startDatabaseProcess({ ...config, databasePoolMax }));
      const applied = await Promise.all(processes.map((process) => process.opened()));
      expect(applied.flat().sort()).toEqual([...names].sort());
      expect(applied.filter((list) => Array.isArray(list) && list.length === 0)).toHaveLength(4);

      const [first] = processes;
      expect(await first?.execute('select name from migration order by id')).toEqual(names.map((name) => ({ name })));
      expect(await Promise.all(processes.map((process) => process.signal('SIGTERM')))).toEqual([0, 0, 0, 0, 0]);
    },
  );
});
