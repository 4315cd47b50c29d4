import { afterAll, beforeAll, expect, it } from 'vitest';
import { FailedSignIns } from '../../src/admission/failed-sign-ins.ts';
import { createApiKey } from '../../src/access/api-keys/api-key.service.ts';
import { createAuthenticator } from '../../src/access/authenticate.ts';
import { operator } from '../../src/caller/principal.ts';
import { openDatabase, type Database } from '../../src/open-database.ts';
import { signals } from '../../src/telemetry/signals.ts';
import { systemClock } from '../../src/values/clock.ts';
import { createTestDatabase, describeOnEachDatabase, type TestDatabase } from '../support/databases.ts';

const address = '127.0.0.1';

describeOnEachDatabase('a key that many requests bring at once', (kind) => {
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

  it('is looked up once for all of them', async () => {
    const input = {
      name: 'operators',
      role: 'SUPERUSER' as const,
      tenantId: undefined,
      scopes: undefined,
      expiresAt: undefined,
      rateLimit: {},
    };
    const { secret } = await createApiKey(database.orm.em.fork(), operator, input, new Date());
    const { authenticate } = createAuthenticator(database.orm, undefined, systemClock, new FailedSignIns(10));
    let sent = 0;
    const stop = signals.statement.on(() => sent++);
    const principals = await Promise.all(Array.from({ length: 50 }, () => authenticate(`Bearer ${secret}`, address)));
    stop();
    expect(new Set(principals.map(({ kind }) => kind))).toEqual(new Set(['superuser']));
    // The lookup, and the time of its use.
    expect(sent).toBe(2);
    const wrong = Array.from({ length: 5 }, () => authenticate(`Bearer ${secret.slice(0, -1)}`, address));
    for (const result of await Promise.allSettled(wrong)) expect(result.status).toBe('rejected');
  });
});
