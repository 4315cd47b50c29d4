import { afterAll, beforeAll, expect, it } from 'vitest';
import { forkForPlatform, forkForTenant } from '../../src/database/session.ts';
import { openDatabase, type Database } from '../../src/open-database.ts';
import type { TenantId } from '../../src/values/identifier.ts';
import { createTestDatabase, describeOnEachDatabase } from '../support/databases.ts';
import { rowOf } from '../support/row-of-tenant.ts';

const acme = 'acme' as TenantId;

/** What PostgreSQL says to who may not. */
const refused = { code: '42501' };

const functions = [
  `select erase_calls('acme', '{r}', 'ada', '{}', '{ada}', 'erased_0123456789abcdef')`,
  `select erase_recorder('acme', '{x}', '{ada}', 'erased_0123456789abcdef', false)`,
  `select erase_from_audit('acme', '{x}', '{ada}', 'erased_0123456789abcdef')`,
];

describeOnEachDatabase('who may erase', (kind) => {
  let database: Database;
  let drop: () => Promise<void>;
  const asPlatform = (statement: string) => forkForPlatform(database).execute(statement);
  const asTenant = (statement: string) =>
    forkForTenant(database.orm, acme).transactional((em) => em.execute(statement));

  beforeAll(async () => {
    const created = await createTestDatabase(kind);
    drop = created.drop;
    database = await openDatabase(created.config);
    for (const table of ['tenant', 'rollup_mark', 'usage_call', 'audit_event', 'cost_revision'])
      await asPlatform(rowOf[table]?.(acme) ?? '');
  });
  afterAll(async () => {
    await database.close();
    await drop();
  });

  it.each([
    `update usage_call set user_id = null`,
    `update usage_call set metadata = null`,
    `update usage_call set tags = null`,
    `update usage_call set content_hash = ''`,
    `update usage_call set recorded_by = 'x'`,
    `update cost_revision set reason = 'x'`,
    `update audit_event set actor = 'x'`,
    `update audit_event set details = null`,
  ])('is nobody who serves, by themselves: %s', async (statement) => {
    await expect(asPlatform(statement)).rejects.toMatchObject(refused);
    await expect(asTenant(statement)).rejects.toMatchObject(refused);
  });

  it.each(functions)('is not the role of a tenant: %s', async (statement) => {
    await expect(asTenant(statement)).rejects.toMatchObject(refused);
  });

  it('is the role of the platform, by functions that write nothing but pseudonyms', async () => {
    for (const statement of functions) await asPlatform(statement);
    await expect(asPlatform(`select erase_from_audit('acme', '{x}', '{ada}', 'somebody else')`)).rejects.toThrow(
      'not a pseudonym',
    );
    expect(await asPlatform('select actor from audit_event')).toEqual([{ actor: 'user:erased_0123456789abcdef' }]);
  });
});
