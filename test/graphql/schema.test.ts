import { expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../src/open-database.ts';
import { createTestDatabase, describeOnEachDatabase } from '../support/databases.ts';

// The database holds rules that the metadata does not know; without them the entities would be the weaker ones.
const dropsRule = /^alter table "\w+" drop constraint "\w+"$/;
const dropsFunction =
  /^drop function if exists "(sketch_\w+|add_quantities|erase_\w+|forget_calls|hold_up_tenant|without_names)"/;
/** What the owner of the tables may do in its functions; the metadata cannot know the owner's name. */
const dropsOwnersPolicy = /^drop policy "owner_\w+" on "\w+"$/;

describeOnEachDatabase('the migrated schema', (kind) => {
  it('is the one that the entities describe', async () => {
    const { config, drop } = await createTestDatabase(kind);
    onTestFinished(drop);
    const database = await openDatabase(config);
    onTestFinished(database.close);

    const constraints = await database.orm.em.execute<{ conname: string }[]>(
      "select conname from pg_constraint where contype in ('c', 'f', 'x') and connamespace = 'public'::regnamespace",
    );
    const update = await database.orm.schema.getUpdateSchemaSQL({ wrap: false });
    const changes = update
      .split(';')
      .map((statement) => statement.trim())
      .filter(Boolean);
    const others = changes.filter(
      (change) =>
        !dropsFunction.test(change) &&
        !dropsOwnersPolicy.test(change) &&
        (!dropsRule.test(change) || !constraints.some(({ conname }) => change.endsWith(` "${conname}"`))),
    );
    expect(others).toEqual([]);
  });
});
