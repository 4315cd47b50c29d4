import { startBenchGateway, superuserKey } from './bench-gateway.ts';
import { batchBody, singleBody } from './calls.ts';
import { sendLoad, type Load, type Measured } from './load.ts';
import { median } from './median.ts';

export interface BudgetOptions {
  /** Of each of the five rounds of a measurement. */
  seconds: number;
}

type Row = Record<string, unknown>;

const rounds = 5;
const warmUpSeconds = 3;
const batchSize = 500;

/** Over cost: of the tenant, of each key and of each of 40 agents; none is ever reached. */
const budgets = `mutation {
  createTenant(input: { id: "budgeted", name: "Budgeted" }) { id }
  ofTenant: createBudget(tenantId: "budgeted", input: { name: "T", limit: "1000000000" }) { id }
  ofKeys: createBudget(tenantId: "budgeted", input: { name: "K", limit: "1000000000", scope: { each: { dimension: RECORDED_BY } } }) { id }
  ofAgents: createBudget(tenantId: "budgeted", input: { name: "A", limit: "1000000000", scope: { each: { dimension: AGENT } } }) { id }
  createHot: createTenant(input: { id: "hot", name: "Hot" }) { id }
  hot: createBudget(tenantId: "hot", input: { name: "H", limit: "1000000000", action: BLOCK }) { id }
}`;

const reservation = JSON.stringify({
  query: 'mutation { reserveUsage(input: { costUsd: "0.01", ttlSeconds: 1 }) { status } }',
});

/** Recording for a tenant with budgets against one without, in turn, and reservations of one hot budget. */
export async function benchBudgets(databaseUrl: string, { seconds }: BudgetOptions): Promise<Row[]> {
  const gateway = await startBenchGateway('src/cli.ts', { DATABASE_URL: databaseUrl });
  try {
    const response = await fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${superuserKey}` },
      body: JSON.stringify({ query: budgets }),
    });
    const { errors } = await response.json();
    if (errors) throw new Error(JSON.stringify(errors));
    const budgeted = await gateway.createKey('budgeted', 'USAGE_WRITE');
    const hot = await gateway.createKey('hot', 'USAGE_WRITE');
    const single = (key: string) => (length: number) =>
      sendLoad({
        ...of(gateway.url, key),
        connections: 16,
        callsEach: 1,
        seconds: length,
        body: singleBody,
        expected: 'RECORDED',
      });
    const batch = (key: string) => (length: number) =>
      sendLoad({
        ...of(gateway.url, key),
        connections: 8,
        callsEach: batchSize,
        seconds: length,
        body: () => batchBody(batchSize),
        expected: `"recorded":${batchSize}`,
      });
    const reserve = (length: number) =>
      sendLoad({
        ...of(gateway.url, hot),
        connections: 16,
        callsEach: 1,
        seconds: length,
        body: () => reservation,
        expected: 'HELD',
      });
    const rows = [
      ...(await inTurn('single calls', seconds, single(gateway.key), single(budgeted))),
      ...(await inTurn(`batches of ${batchSize}`, seconds, batch(gateway.key), batch(budgeted))),
    ];
    await reserve(warmUpSeconds);
    return [...rows, { what: 'reservations of one budget', ...rounded(await reserve(seconds)) }];
  } finally {
    await gateway.stop();
  }
}

const of = (url: string, key: string): Pick<Load, 'url' | 'key'> => ({ url, key });

type Run = (seconds: number) => Promise<Measured>;

/** Medians of both, and that of the ratios of neighbours, as the machine's speed drifts. */
async function inTurn(what: string, seconds: number, without: Run, withBudgets: Run): Promise<Row[]> {
  for (const run of [without, withBudgets]) await run(warmUpSeconds);
  const pairs: [number, number][] = [];
  for (let round = 0; round < rounds; round++)
    pairs.push([(await without(seconds)).callsPerSecond, (await withBudgets(seconds)).callsPerSecond]);
  return [
    { what, budgets: 'none', callsPerSecond: Math.round(median(pairs.map(([one]) => one))) },
    {
      what,
      budgets: 'tenant, keys, agents',
      callsPerSecond: Math.round(median(pairs.map(([, other]) => other))),
      ratio: Number(median(pairs.map(([one, other]) => other / one)).toFixed(2)),
    },
  ];
}

const rounded = ({ callsPerSecond, p50Ms, p99Ms }: Measured) => ({
  callsPerSecond: Math.round(callsPerSecond),
  p50Ms,
  p99Ms,
});
