import { expect, it } from 'vitest';
import { openDatabase } from '../../src/database.ts';
import { createTestDatabase, describeOnEachDatabase } from '../support/databases.ts';

describeOnEachDatabase('the migrated schema', (kind) => {
  it('is the one that the entities describe', async () => {
    console.time('create');
    const test = await createTestDatabase(kind);
    console.timeEnd('create');
    console.time('open');
    const database = await openDatabase(test.config);
    console.timeEnd('open');
    expect(database.applied).toEqual([]);
    console.log(await database.orm.schema.getUpdateSchemaSQL({ wrap: false }));
    await database.close();
    console.time('drop');
    await test.drop();
    console.timeEnd('drop');
  });
});
