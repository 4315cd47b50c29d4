import { join } from 'node:path';
import { startEmbeddedDatabase } from '../../src/platform/embedded/embedded-database.ts';
import { startBenchGateway, type BenchGateway } from './bench-gateway.ts';
import { batchBody, singleBody } from './calls.ts';
import { sendLoad, type LoadResult } from './load.ts';
import { copyIn, fillLedger, insertPlainly } from './plain-sql.ts';

export interface RecordOptions {
  /** Of each measurement. */
  seconds: number;
  /** Calls stored before the measurements, once for each; PostgreSQL only. */
  fill: readonly number[];
  /** Of the long run; none when zero. */
  minutes: number;
}

const singleConnections = 16;
const batchConnections = 4;
const batchSize = 500;
const copiedRows = 200_000;

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
      await single(yardstick, 2);
      await single(gateway, 2);
      const nothing = await single(yardstick, seconds);
      const singles = await single(gateway, seconds);
      const nothingAgain = await single(yardstick, seconds);
      const most = (nothing.requestsPerSecond + nothingAgain.requestsPerSecond) / 2;
      note({ stored, what: 'single calls, storing nothing', ...figures(nothing, 1), ratio: 1 });
      note({ stored, what: 'single calls', ...figures(singles, 1), ratio: ratio(singles.requestsPerSecond, most) });
      const before = databaseUrl ? await insertPlainly(databaseUrl, batchSize, seconds) : undefined;
      const batches = await batch(gateway, seconds);
      if (databaseUrl && before !== undefined) {
        const after = await insertPlainly(databaseUrl, batchSize, seconds);
        const plain = (before + after) / 2;
        note({ stored, what: `plain SQL, ${batchSize} rows a statement`, callsPerSecond: Math.round(plain), ratio: 1 });
        note({
          stored,
          what: `batches of ${batchSize}`,
          ...figures(batches, batchSize),
          ratio: ratio(batches.requestsPerSecond * batchSize, plain),
        });
        const copied = await copyIn(databaseUrl, copiedRows);
        note({ stored, what: 'COPY', callsPerSecond: Math.round(copied), ratio: ratio(copied, plain) });
      } else note({ stored, what: `batches of ${batchSize}`, ...figures(batches, batchSize) });
      if (minutes > 0 && stored === 0) for (const row of await longRun(gateway, minutes)) note(row);
    } finally {
      await gateway.stop();
    }
  }
  await yardstick.stop();
  if (!databaseUrl) for (const row of await plainOnEmbedded(join(folder, 'data'), seconds, rows)) note(row);
  return rows;
}

/** The embedded database has one process at a time: its yardstick is measured when the gateway has left it. */
async function plainOnEmbedded(dataDir: string, seconds: number, rows: readonly Row[]): Promise<Row[]> {
  const database = await startEmbeddedDatabase(dataDir);
  const plain = await insertPlainly({ host: database.socketDir }, batchSize, seconds);
  const copied = await copyIn({ host: database.socketDir }, copiedRows);
  await database.close();
  const batches = Number(rows.find(({ what }) => what === `batches of ${batchSize}`)?.['callsPerSecond']);
  return [
    { stored: 0, what: `plain SQL, ${batchSize} rows a statement`, callsPerSecond: Math.round(plain), ratio: 1 },
    { stored: 0, what: `batches of ${batchSize} against it`, callsPerSecond: batches, ratio: ratio(batches, plain) },
    { stored: 0, what: 'COPY', callsPerSecond: Math.round(copied), ratio: ratio(copied, plain) },
  ];
}

const single = (gateway: BenchGateway, seconds: number) =>
  sendLoad({ ...gateway, connections: singleConnections, seconds, body: singleBody, expected: '"outcome":"RECORDED"' });

const batch = (gateway: BenchGateway, seconds: number) =>
  sendLoad({
    ...gateway,
    connections: batchConnections,
    seconds,
    body: () => batchBody(batchSize),
    expected: `"recorded":${batchSize}`,
  });

/** Single calls for minutes: processor time and memory of the gateway, minute by minute. */
async function longRun(gateway: BenchGateway, minutes: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (let minute = 1; minute <= minutes; minute++) {
    const before = gateway.usage();
    const result = await single(gateway, 60);
    const after = gateway.usage();
    rows.push({
      what: `single calls, minute ${minute}`,
      ...figures(result, 1),
      cpuOfOneCore: before && after ? ((after.cpuSeconds - before.cpuSeconds) / 60).toFixed(2) : undefined,
      residentMiB: after && Math.round(after.residentMiB),
    });
  }
  return rows;
}

const figures = ({ requestsPerSecond, p50Ms, p99Ms }: LoadResult, callsEach: number) => ({
  callsPerSecond: Math.round(requestsPerSecond * callsEach),
  p50Ms,
  p99Ms,
});

const ratio = (rate: number, yardstick: number) => Number((rate / yardstick).toFixed(2));
