import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createTestDatabase, unavailable, type TestDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { subscribe } from '../support/subscription.ts';
import { startDatabaseProxy, type DatabaseProxy } from '../web/database-proxy.ts';

const reason = unavailable('postgres');

describe.skipIf(reason)(`a subscription [postgres]${reason ? ` (left out: ${reason})` : ''}`, () => {
  let database: TestDatabase;
  let proxy: DatabaseProxy;
  /** It loses its database; the other one does not. */
  let losing: TestGateway;
  let other: TestGateway;

  beforeAll(async () => {
    database = await createTestDatabase('postgres');
    proxy = await startDatabaseProxy(database.config.databaseUrl ?? '');
    const kept = async () => undefined;
    losing = await startTestGateway('postgres', {
      database: { config: { ...database.config, databaseUrl: proxy.url }, drop: kept },
    });
    other = await startTestGateway('postgres', { database: { config: database.config, drop: kept } });
    await ask('createTenant(input: { id: "acme", name: "Acme" }) { id }');
    await ask(
      'createBudget(tenantId: "acme", input: { name: "Calls", metric: CALLS, limit: "10", thresholds: [0.1] }) { id }',
    );
  });
  afterAll(async () => {
    await losing?.close();
    await other?.close();
    await proxy?.close();
    await database?.drop();
  });

  const ask = async (field: string) => expect((await other.send(`mutation { ${field} }`)).errors).toEqual([]);

  it('misses nothing that happened while its gateway had no database', async () => {
    const [updates, events] = await Promise.all([
      subscribe<{ usageUpdates: { totals: { totalCalls: number } } }>(
        losing,
        'subscription { usageUpdates(tenantId: "acme", everyMs: 250) { totals { totalCalls } } }',
      ),
      subscribe<{ budgetEvents: { threshold: number } }>(
        losing,
        'subscription { budgetEvents(tenantId: "acme") { threshold } }',
      ),
    ]);
    onTestFinished(() => {
      updates.close();
      events.close();
    });
    expect((await updates.data()).usageUpdates.totals.totalCalls).toBe(0);
    await proxy.refuse();
    await ask('recordUsage(input: { tenantId: "acme", inputTokens: 1, outputTokens: 1 }) { outcome }');
    await proxy.connect();
    expect((await events.data()).budgetEvents.threshold).toBe(0.1);
    // While the database was away, there may have been an answer that says so.
    const calls: number[] = [];
    while (calls.length === 0) {
      const result = await updates.next();
      if (!result) break;
      if (result.data) calls.push(result.data.usageUpdates.totals.totalCalls);
    }
    expect(calls).toEqual([1]);
  });
});
