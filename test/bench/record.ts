import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedDatabase } from '../../src/database/embedded/embedded-database.ts';
import { startBenchGateway, type BenchGateway } from './bench-gateway.ts';
import { batchBody, eventsBody, plainBody, singleBody, tracesBody } from './calls.ts';
import { sendLoad, type Measured } from './load.ts';
import { median } from './median.ts';
import { copyIn, fillLedger, insertPlainly } from './plain-sql.ts';

export interface RecordOptions {
  /** Of each of the five rounds of a measurement. */
  seconds: number;
  /** Calls stored before the measurements, once for each; PostgreSQL only. */
  fill: readonly number[];
  /** Of the long run; none when zero. */
  minutes: number;
}

const singleConnections = 16;
const batchConnections = 8;
const batchSize = 500;
const copiedRows = 200_000;
const warmUpSeconds = 3;
const rounds = 5;

type Row = Record<string, unknown>;

/** The rates of recording over HTTP, each against its yardstick of the same run. */
export async function benchRecord(
  folder: string,
  databaseUrl: string | undefined,
  { seconds, fill, minutes }: RecordOptions,
): Promise<Row[]> {
  const env: Record<string, string> = databaseUrl ? { DATABASE_URL: databaseUrl } : { DATA_DIR: join(folder, 'data') };
  const rows: Row[] = [];
  const note = (row: Row) => {
    rows.push(row);
    console.log(JSON.stringify(row));
  };

  const yardstick = await startBenchGateway('test/bench/gateway-without-storing.ts', {
    DATA_DIR: join(folder, 'without-storing'),
  });
  for (const stored of fill.length > 0 && databaseUrl ? fill : [0]) {
    if (databaseUrl && stored > 0) await fillLedger(databaseUrl, stored);
    const gateway = await startBenchGateway('src/cli.ts', env);
    try {
      await single(yardstick, warmUpSeconds);
      await single(gateway, warmUpSeconds);
      for (const row of await sideBySide(
        { stored, what: 'single calls, storing nothing', run: () => single(yardstick, seconds) },
        { stored, what: 'single calls', run: () => single(gateway, seconds) },
      ))
        note(row);
      if (databaseUrl) {
        await batch(gateway, warmUpSeconds);
        for (const row of await sideBySide(
          {
            stored,
            what: `plain SQL, ${batchSize} rows a statement`,
            run: () => insertPlainly(databaseUrl, batchSize, seconds),
          },
          { stored, what: `batches of ${batchSize}`, run: () => batch(gateway, seconds) },
        ))
          note(row);
        note({ stored, what: 'COPY', callsPerSecond: Math.round(await copyIn(databaseUrl, copiedRows)) });
      } else note({ stored, what: `batches of ${batchSize}`, ...rounded(await batch(gateway, seconds)) });
      for (const row of await byRoad(gateway, stored, seconds)) note(row);
      if (minutes > 0 && stored === 0) for (const row of await longRun(gateway, minutes)) note(row);
    } finally {
      await gateway.stop();
    }
  }
  await yardstick.stop();
  if (!databaseUrl) for (const row of await plainOnEmbedded(join(folder, 'data'), seconds, rows)) note(row);
  return rows;
}

interface Candidate {
  stored: number;
  what: string;
  run: () => Promise<Measured>;
}

/** Measures two in turn, as the machine's speed drifts: medians of each, and the median of the ratios of neighbours. */
async function sideBySide(yardstick: Candidate, other: Candidate): Promise<Row[]> {
  const pairs: [Measured, Measured][] = [];
  for (let round = 0; round < rounds; round++) pairs.push([await yardstick.run(), await other.run()]);
  const row = ({ stored, what }: Candidate, results: Measured[]) => ({
    stored,
    what,
    callsPerSecond: Math.round(median(results.map((result) => result.callsPerSecond))),
    p50Ms: median(results.map((result) => result.p50Ms ?? NaN)) || undefined,
    p99Ms: median(results.map((result) => result.p99Ms ?? NaN)) || undefined,
  });
  const ratios = pairs.map(([first, second]) => second.callsPerSecond / first.callsPerSecond);
  return [
    {
      ...row(
        yardstick,
        pairs.map(([first]) => first),
      ),
      ratio: 1,
    },
    {
      ...row(
        other,
        pairs.map(([, second]) => second),
      ),
      ratio: Number(median(ratios).toFixed(2)),
      ratios: ratios.map((ratio) => ratio.toFixed(2)).join(' '),
    },
  ];
}

/** The embedded database has one process at a time: its yardstick is measured when the gateway has left it. */
async function plainOnEmbedded(dataDir: string, seconds: number, rows: readonly Row[]): Promise<Row[]> {
  const database = await startEmbeddedDatabase(dataDir);
  const plain = await insertPlainly({ host: database.socketDir }, batchSize, seconds);
  const copied = await copyIn({ host: database.socketDir }, copiedRows);
  await database.close();
  const batches = Number(rows.find(({ what }) => what === `batches of ${batchSize}`)?.['callsPerSecond']);
  return [
    { stored: 0, what: `plain SQL, ${batchSize} rows a statement`, callsPerSecond: Math.round(plain.callsPerSecond) },
    {
      stored: 0,
      what: `batches of ${batchSize}, against it`,
      callsPerSecond: batches,
      ratio: Number((batches / plain.callsPerSecond).toFixed(2)),
    },
    { stored: 0, what: 'COPY', callsPerSecond: Math.round(copied) },
  ];
}

const single = (gateway: BenchGateway, seconds: number): Promise<Measured> =>
  sendLoad({
    ...gateway,
    connections: singleConnections,
    seconds,
    callsEach: 1,
    body: singleBody,
    expected: '"outcome":"RECORDED"',
  });

const batch = (gateway: BenchGateway, seconds: number): Promise<Measured> =>
  sendLoad({
    ...gateway,
    connections: batchConnections,
    seconds,
    callsEach: batchSize,
    body: () => batchBody(batchSize),
    expected: `"recorded":${batchSize}`,
  });

const askAgainMs = 500;

/** Resolves when what the last measurement has left in the queue is stored: a call sent after it comes after it. */
async function settled({ url, key }: BenchGateway): Promise<void> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const send = () => fetch(new URL('/v1/calls', url), { method: 'POST', headers, body: plainBody(1) });
  while ((await send()).status !== 200) await sleep(askAgainMs);
}

/** The ways in besides GraphQL, each against GraphQL with as many calls a request. */
async function byRoad(gateway: BenchGateway, stored: number, seconds: number): Promise<Row[]> {
  const load = { connections: batchConnections, callsEach: batchSize, expected: `"recorded":${batchSize}` };
  const to = (path: string) => ({ ...gateway, url: new URL(path, gateway.url).href, seconds });
  const roads: Omit<Candidate, 'stored'>[] = [
    {
      what: '/v1/calls, one a request',
      run: () =>
        sendLoad({
          ...to('/v1/calls'),
          connections: singleConnections,
          callsEach: 1,
          body: () => plainBody(1),
          expected: '"recorded":1',
        }),
    },
    {
      what: `/v1/calls, ${batchSize} a request`,
      run: () => sendLoad({ ...to('/v1/calls'), ...load, body: () => plainBody(batchSize) }),
    },
    {
      what: `/v1/events, ${batchSize} a request`,
      run: () =>
        sendLoad({
          ...to('/v1/events'),
          ...load,
          contentType: 'application/cloudevents-batch+json',
          body: () => eventsBody(batchSize),
        }),
    },
    {
      what: `/v1/traces, ${batchSize} a request`,
      run: () => sendLoad({ ...to('/v1/traces'), ...load, expected: '{}', body: () => tracesBody(batchSize) }),
    },
  ];
  const calmly = (candidate: Omit<Candidate, 'stored'>): Candidate => ({
    ...candidate,
    stored,
    async run() {
      await settled(gateway);
      return candidate.run();
    },
  });
  const yardsticks = {
    single: calmly({ what: 'single calls', run: () => single(gateway, seconds) }),
    batch: calmly({ what: `batches of ${batchSize}`, run: () => batch(gateway, seconds) }),
  };
  const rows: Row[] = [];
  for (const [place, road] of roads.entries())
    rows.push(...(await sideBySide(place === 0 ? yardsticks.single : yardsticks.batch, calmly(road))));
  return rows;
}

/** Single calls for minutes: processor time and memory of the gateway, minute by minute. */
async function longRun(gateway: BenchGateway, minutes: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (let minute = 1; minute <= minutes; minute++) {
    const before = gateway.usage();
    const result = await single(gateway, 60);
    const after = gateway.usage();
    rows.push({
      what: `single calls, minute ${minute}`,
      ...rounded(result),
      cpuOfOneCore: before && after ? ((after.cpuSeconds - before.cpuSeconds) / 60).toFixed(2) : undefined,
      residentMiB: after && Math.round(after.residentMiB),
    });
  }
  return rows;
}

const rounded = ({ callsPerSecond, ...rest }: Measured) => ({ callsPerSecond: Math.round(callsPerSecond), ...rest });
