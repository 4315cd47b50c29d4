import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../src/open-database.ts';
import { inTransaction } from '../../src/database/transaction.ts';
import { createTestDatabase, unavailable, type TestDatabase } from '../support/databases.ts';

const poolSize = 2;

/** As who connected, since the role that serves may not. */
async function endConnection(em: SqlEntityManager): Promise<void> {
  await em.execute('set local role none');
  await em.execute('select pg_terminate_backend(pg_backend_pid())');
}

describe.skipIf(unavailable('postgres'))(`lost connections [postgres] (left out without a server)`, () => {
  let database: Database;
  let testDatabase: TestDatabase;
  beforeAll(async () => {
    testDatabase = await createTestDatabase('postgres');
    database = await openDatabase({ ...testDatabase.config, databasePoolMax: poolSize });
  });
  afterAll(async () => {
    await database.close();
    await testDatabase.drop();
  });

  it('inside transactions leave the pool whole', async () => {
    for (let loss = 0; loss < 2 * poolSize; loss++) {
      const em = database.orm.em.fork();
      await expect(em.transactional((em) => endConnection(em))).rejects.toThrow(
        /^(Connection terminated|terminating connection)/,
      );
      // Longer than a lost connection is waited for.
      await sleep(1_500);
    }
    expect(await database.orm.em.fork().execute('select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('are made up for by running the transaction again', async () => {
    let attempts = 0;
    const answer = await inTransaction(database.orm.em.fork(), async (em) => {
      attempts++;
      if (attempts === 1) await endConnection(em);
      return em.execute('select 1 as one');
    });
    expect([attempts, answer]).toEqual([2, [{ one: 1 }]]);
  });
});
