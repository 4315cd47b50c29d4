import { CompiledQuery } from 'kysely';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectionOptions, openOrm } from '../../src/database/orm.ts';
import { prepared } from '../../src/database/prepared.ts';
import { createTestDatabase, unavailable } from '../support/databases.ts';

const reason = unavailable('postgres');

describe.skipIf(reason)(`statements on a server${reason ? ` (left out: ${reason})` : ''}`, () => {
  it('are planned once a connection where they are marked, and each time where they are not', async () => {
    const { config, drop } = await createTestDatabase('postgres');
    onTestFinished(drop);
    const orm = openOrm(connectionOptions({ ...config, databasePoolMax: 1 }, undefined), []);
    onTestFinished(() => orm.close(true));
    const run = (text: string, ...values: unknown[]) =>
      orm.em.fork().getKysely().executeQuery<{ value: number }>(CompiledQuery.raw(text, values));

    const marked = `${prepared} select $1::int + 1 as value`;
    for (const value of [1, 2]) {
      expect((await run(marked, value)).rows).toEqual([{ value: value + 1 }]);
      expect((await run('select $1::int + 2 as value', value)).rows).toEqual([{ value: value + 2 }]);
    }
    const { rows } = await run('select statement from pg_prepared_statements');
    expect(rows).toEqual([{ statement: marked }]);
  });
});
