import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { forkForPlatform, inSnapshot } from '../../src/database/session.ts';
import { openDatabase, type Database } from '../../src/open-database.ts';
import { createTestDatabase, describeOnEachDatabase, type TestDatabase } from '../support/databases.ts';

describeOnEachDatabase('a snapshot', (kind) => {
  let database: Database;
  let testDatabase: TestDatabase;
  beforeAll(async () => {
    testDatabase = await createTestDatabase(kind);
    database = await openDatabase(testDatabase.config);
  });
  afterAll(async () => {
    await database.close();
    await testDatabase.drop();
  });

  const count = "select count(*)::int as count from tenant where tenant_id = 'acme'";

  it("is that of a transaction within one, and sees the transaction's own changes", async () => {
    const counts = await forkForPlatform(database).transactional(async (em) => {
      await em.execute("insert into tenant (tenant_id, name) values ('acme', 'Acme')");
      return inSnapshot<{ count: number }, number[]>(em, count, async ([row], db) => {
        const { rows } = await sql<{ count: number }>`${sql.raw(count)}`.execute(db);
        return [row?.count ?? 0, rows[0]?.count ?? 0];
      });
    });
    expect(counts).toEqual([1, 1]);
  });
});
