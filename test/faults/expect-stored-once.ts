import { Big } from 'big.js';
import { print } from 'graphql';
import { expect } from 'vitest';
import { Totals } from '../acceptance/operations.ts';
import { openDatabase } from '../../src/open-database.ts';
import { foldAll } from '../reporting/folded.ts';
import { expectSummariesOfLedger } from '../rollup/expect-summaries.ts';
import type { TestDatabase } from '../support/databases.ts';
import { superuserKey } from '../support/gateway.ts';
import { ask, bearer } from '../web/requests.ts';
import { tenantId } from './recording-attempt.ts';
import type { RecordingClients } from './recording-clients.ts';
import type { ServeProcess } from './serve-process.ts';

/**
 * Lets the clients finish and the gateway end, tells the figures on a line of its own, and fails unless exactly the
 * acknowledged calls are stored, each once and at its cost, the gateway counted them so, and summaries, folded to the end,
 * are those of the ledger: the gateway folded all the while.
 */
export async function expectStoredOnce(
  name: string,
  clients: RecordingClients,
  gateway: ServeProcess,
  config: TestDatabase['config'],
  kills: number,
): Promise<void> {
  await clients.finish();
  const { acknowledged, sent } = clients;
  const totals = await ask(gateway, print(Totals), bearer(superuserKey), { tenantId });
  // The embedded database is to be had only when nobody else has it.
  gateway.kill('SIGTERM');
  const { code, stderr } = await gateway.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });

  const rows = await foldAndReadLedger(config);
  const stored = new Map(rows.map((row) => [row.request_id, row.cost]));
  const lost = [...acknowledged.keys()].filter((requestId) => !stored.has(requestId));
  const doubled = rows.length - stored.size;
  const kind = config.databaseUrl === undefined ? 'embedded' : 'postgres';
  process.stdout.write(
    `faults: ${name} [${kind}]: sent ${sent.size}, acknowledged ${acknowledged.size}, stored ${rows.length}, ` +
      `lost ${lost.length}, doubled ${doubled}, kills ${kills}\n`,
  );

  expect({ lost, doubled }).toEqual({ lost: [], doubled: 0 });
  expect(differences(acknowledged, sent)).toEqual([]);
  expect(differences(stored, acknowledged)).toEqual([]);
  const totalCostUsd = [...acknowledged.values()].reduce((sum, cost) => sum.plus(cost), new Big(0)).toFixed();
  expect(totals).toMatchObject({
    errors: [],
    data: { usage: { totals: { totalCalls: acknowledged.size, totalCostUsd } } },
  });
}

async function foldAndReadLedger(config: TestDatabase['config']): Promise<{ request_id: string; cost: string }[]> {
  const database = await openDatabase(config);
  try {
    await foldAll(database.orm);
    await expectSummariesOfLedger(database.orm);
    return await database.orm.em.execute(
      `select request_id, cost_usd::text as cost from usage_call where tenant_id = '${tenantId}'`,
    );
  } finally {
    await database.close();
  }
}

/** The keys that are in one of two maps only, or with another cost. */
const differences = (costs: ReadonlyMap<string, string>, others: ReadonlyMap<string, string>) =>
  [...new Set([...costs.keys(), ...others.keys()])].filter((key) => {
    const [cost, other] = [costs.get(key), others.get(key)];
    return cost === undefined || other === undefined || !new Big(cost).eq(other);
  });
