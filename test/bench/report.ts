import { Client } from 'pg';
import { startBenchGateway, superuserKey, type BenchGateway } from './bench-gateway.ts';
import { median } from './median.ts';
import { startPostgraphile, type Postgraphile } from './postgraphile.ts';
import { expectSame, expectSameCosts, groupsOfAnswer, groupsOfRows } from './report-answers.ts';
import { benchQueries, type BenchQuery } from './report-queries.ts';
import { tableSizes, waitForFold } from './rollups.ts';
import { biggest, loadCalls, settle } from './skewed-ledger.ts';

export interface ReportOptions {
  /** Sizes of the ledger, ascending; each load goes on from the one before. */
  calls: readonly number[];
  /** In each round, every contestant answers every query once. */
  rounds: number;
  /** Whether it takes part. */
  postgraphile: boolean;
}

type Row = Record<string, unknown>;

const warmUpRounds = 10;

interface Contestants {
  gateway: BenchGateway;
  client: Client;
  postgraphile: Postgraphile | undefined;
  /** Key of the biggest tenant, to read with. */
  tenantKey: string;
}

/** Reports over HTTP against plain SQL and PostGraphile on the same ledger, and what the summaries cost. */
export async function benchReport(databaseUrl: string, options: ReportOptions): Promise<Row[]> {
  const rows: Row[] = [];
  const note = (...noted: Row[]) => {
    rows.push(...noted);
    for (const row of noted) console.log(JSON.stringify(row));
  };
  const startGateway = () => startBenchGateway('src/cli.ts', { DATABASE_URL: databaseUrl });

  // The first start migrates the database, so that there are tables to load.
  await (await startGateway()).stop();
  const client = new Client(databaseUrl);
  await client.connect();
  const postgraphile = options.postgraphile ? await startPostgraphile(databaseUrl) : undefined;
  try {
    let stored = 0;
    for (const calls of options.calls.toSorted((a, b) => a - b)) {
      const loadBegan = performance.now();
      await loadCalls(client, stored, calls);
      note({ calls, what: 'load, calls a second', figure: perSecond(calls - stored, loadBegan) });
      await settle(client);
      const gateway = await startGateway();
      try {
        const memory = (when: string) => ({ calls, what: `gateway, MiB ${when}`, figure: residentMiB(gateway) });
        note(memory('when ready'));
        const foldSeconds = await waitForFold(client);
        note(
          { calls, what: 'fold, calls a second', figure: Math.round((calls - stored) / foldSeconds) },
          memory('when folded'),
        );
        await settle(client);
        const tenantKey = await gateway.createKey(biggest.tenant, 'USAGE_READ');
        for (const benchQuery of benchQueries) {
          const measured = await measureQuery(benchQuery, { gateway, client, postgraphile, tenantKey }, options.rounds);
          note({ calls, what: benchQuery.name, ...measured, ...growth(rows, benchQuery, measured) });
        }
        note(memory('after the reports'), {
          calls,
          what: 'gateway, MiB at most',
          figure: Math.round(gateway.usage()?.peakMiB ?? NaN),
        });
        note(...(await sizeRows(client)).map((row) => ({ calls, ...row })));
      } finally {
        await gateway.stop();
      }
      stored = calls;
    }
  } finally {
    await postgraphile?.stop();
    await client.end();
  }
  return rows;
}

const perSecond = (count: number, began: number) => Math.round((count * 1000) / (performance.now() - began));

const residentMiB = (gateway: BenchGateway) => Math.round(gateway.usage()?.residentMiB ?? NaN);

interface Measured {
  gatewayMs: number;
  plainSqlMs: number;
}

/** Checks the answers, which warms everyone up, and then asks everyone in turn, as the machine's speed drifts. */
async function measureQuery(benchQuery: BenchQuery, contestants: Contestants, rounds: number): Promise<Measured & Row> {
  const { gateway, client, postgraphile, tenantKey } = contestants;
  const askGateway = () =>
    ask(benchQuery, gateway.url, benchQuery.gateway, {
      authorization: `Bearer ${benchQuery.asker === 'superuser' ? superuserKey : tenantKey}`,
    });
  const askLedger = () => client.query({ ...benchQuery.plain, values: [...benchQuery.plain.values] });
  const { query, timezone, misses } = benchQuery.postgraphile ?? {};
  const askFloor = () => benchQuery.floor && client.query(benchQuery.floor);
  const askPostgraphile = () =>
    postgraphile && query && ask(benchQuery, postgraphile.url, query, timezone ? { 'x-timezone': timezone } : {});

  const fromLedger = groupsOfRows(benchQuery, (await askLedger()).rows);
  expectSame(benchQuery, groupsOfAnswer(benchQuery, await askGateway()), fromLedger);
  if (postgraphile && query) expectSameCosts(benchQuery, await askPostgraphile(), fromLedger);

  // People ask a gateway that has been asked before: what is compiled by use is compiled by now.
  for (let round = 0; round < warmUpRounds; round++) await askGateway();
  const times = {
    gateway: Array<number>(),
    ledger: Array<number>(),
    postgraphile: Array<number>(),
    floor: Array<number>(),
  };
  for (let round = 0; round < rounds; round++) {
    times.gateway.push(await millisecondsOf(askGateway));
    times.ledger.push(await millisecondsOf(askLedger));
    times.postgraphile.push(await millisecondsOf(askPostgraphile));
    times.floor.push(await millisecondsOf(askFloor));
  }
  const [gatewayMs, plainSqlMs] = [median(times.gateway), median(times.ledger)];
  const ratio = plainSqlMs / gatewayMs;
  const postgraphileMs = median(times.postgraphile);
  return {
    gatewayMs: rounded(gatewayMs),
    plainSqlMs: rounded(plainSqlMs),
    ratio: rounded(ratio),
    target: benchQuery.target,
    met: ratio >= benchQuery.target,
    ...(benchQuery.floor && { floorMs: rounded(median(times.floor)) }),
    ...(postgraphile &&
      query && {
        postgraphileMs: rounded(postgraphileMs),
        ratioToPostgraphile: rounded(postgraphileMs / gatewayMs),
        postgraphileMisses: misses ?? 'nothing',
      }),
  };
}

async function ask({ name }: BenchQuery, url: string, query: string, headers: Record<string, string>) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(`"${name}" is not answered: ${JSON.stringify(errors)}`);
  return data;
}

async function millisecondsOf(run: () => unknown): Promise<number> {
  const began = performance.now();
  await run();
  return performance.now() - began;
}

/** To two decimals, or to whole numbers where they are large. */
const rounded = (value: number) => Number(value.toFixed(value < 100 ? 2 : 0));

/** How many times as long a query takes as over the smallest ledger of the run. */
function growth(rows: readonly Row[], { name }: BenchQuery, { gatewayMs, plainSqlMs }: Measured): Row {
  const first = rows.find(({ what }) => what === name);
  if (!first) return {};
  return {
    growth: rounded(gatewayMs / Number(first['gatewayMs'])),
    plainSqlGrowth: rounded(plainSqlMs / Number(first['plainSqlMs'])),
  };
}

/** Rows and sizes of the tables, with indexes, each against the ledger. */
async function sizeRows(client: Client): Promise<Row[]> {
  const sizes = await tableSizes(client);
  const ledgerMiB = sizes[0]?.MiB ?? NaN;
  const summariesMiB = sizes.slice(1).reduce((sum, { MiB }) => sum + MiB, 0);
  return [
    ...sizes.map(({ table, rows, MiB }) => ({ what: `${table}, MiB`, figure: rounded(MiB), rows })),
    { what: 'summaries, share of the ledger', figure: Number((summariesMiB / ledgerMiB).toFixed(4)) },
  ];
}
