import { setTimeout as sleep } from 'node:timers/promises';
import { startBenchGateway, superuserKey, type BenchGateway } from './bench-gateway.ts';

export interface NeighbourOptions {
  /** Length of each measurement. */
  seconds: number;
  /** Calls of the tenant whose reports flood. */
  calls: number;
}

/** A flood, until the signal is aborted. */
type Flood = (signal: AbortSignal) => Promise<void>;

interface Times {
  record: number[];
  usage: number[];
  refused: number;
}

const tenantLimit = 1_000;
const pauseMs = 25;

/**
 * What a quiet tenant notices of its neighbours' floods: the p99 of its own `recordUsage` and `usage`, alone and beside
 * each flood, on one gateway and server. The client shares the machine as well.
 */
export async function benchNeighbours(databaseUrl: string, { seconds, calls }: NeighbourOptions) {
  const gateway = await startBenchGateway('src/cli.ts', {
    DATABASE_URL: databaseUrl,
    RATE_LIMIT_TENANT_CALLS: String(tenantLimit),
    RATE_LIMIT_KEY_CALLS: String(tenantLimit),
  });
  try {
    const quiet = await prepare(gateway, 'quiet', 2_000);
    const loud = await prepare(gateway, 'loud', calls);
    const floods: [string, Flood][] = [
      ['batches of 100 at ten times the limit', batches(gateway.url, loud.writer, 100, (tenantLimit * 10) / 100)],
      ['64 connections recording single calls', inLoop(64, () => record(gateway.url, loud.writer))],
      ['16 connections asking for a year by hour', inLoop(16, () => ask(gateway.url, loud.reader, yearByHour))],
      ['32 connections asking for months by hour', inLoop(32, () => ask(gateway.url, loud.reader, monthByHour))],
    ];
    const rows: Record<string, unknown>[] = [];
    for (const [what, flood] of floods) {
      const alone = await measure(gateway.url, quiet, seconds);
      const beside = await during(flood, () => measure(gateway.url, quiet, seconds));
      for (const asked of ['record', 'usage'] as const) {
        const [before, now] = [percentile(alone[asked], 99), percentile(beside[asked], 99)];
        rows.push({
          beside: what,
          what: asked === 'record' ? 'recordUsage' : 'usage',
          p50AloneMs: percentile(alone[asked], 50),
          p99AloneMs: before,
          p50Ms: percentile(beside[asked], 50),
          p99Ms: now,
          ratio: Math.round((now / before) * 100) / 100,
          refused: beside.refused,
        });
      }
      await sleep(2_000);
    }
    return rows;
  } finally {
    await gateway.stop();
  }
}

const yearByHour =
  '{ usage(from: "2026-01-01T00:00:00Z", to: "2026-12-31T00:00:00Z", bucket: HOUR) { buckets { ts stats { totalCalls totalCostUsd callDurationMs { p95 } } } byUser(first: 1000) { userId stats { totalCalls } } } }';
const monthByHour =
  '{ usage(from: "2026-03-01T00:00:00Z", to: "2026-04-01T00:00:00Z", bucket: HOUR) { buckets { ts stats { totalCalls totalCostUsd } } } }';
const smallUsage =
  '{ usage(from: "2026-03-01T00:00:00Z", to: "2026-03-08T00:00:00Z", bucket: DAY) { totals { totalCalls totalCostUsd } buckets { ts stats { totalCalls } } } }';

async function prepare(gateway: BenchGateway, id: string, calls: number) {
  const create = `mutation { createTenant(input: { id: "${id}", name: "${id}" }) { id } }`;
  await ask(gateway.url, superuserKey, create);
  for (let sent = 0; sent < calls; sent += 1_000) {
    const inputs = Array.from({ length: Math.min(1_000, calls - sent) }, (_, no) => ({
      tenantId: id,
      userId: `user-${(sent + no) % 5_000}`,
      occurredAt: new Date(Date.UTC(2026, 0, 1) + ((sent + no) / calls) * 320 * 86_400_000).toISOString(),
      inputTokens: no,
      outputTokens: 1,
      costUsd: '0.01',
      durationMs: no,
    }));
    const recordBatch = 'mutation ($inputs: [RecordUsageInput!]!) { recordUsageBatch(inputs: $inputs) { recorded } }';
    await ask(gateway.url, superuserKey, recordBatch, { inputs });
  }
  return { writer: await gateway.createKey(id, 'USAGE_WRITE'), reader: await gateway.createKey(id, 'USAGE_READ') };
}

/** The status of an answer. */
async function ask(url: string, key: string, query: string, variables: object = {}): Promise<number> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query, variables }),
  });
  await response.arrayBuffer();
  return response.status;
}

const record = (url: string, key: string) =>
  ask(url, key, 'mutation { recordUsage(input: { inputTokens: 1, outputTokens: 1 }) { outcome } }');

/** Each of so many connections asks again as soon as it is answered, or a moment later when it was refused. */
const inLoop =
  (connections: number, send: () => Promise<number>): Flood =>
  async (signal) => {
    const loop = async () => {
      while (!signal.aborted) if ((await send()) !== 200) await sleep(50);
    };
    await Promise.all(Array.from({ length: connections }, loop));
  };

/** So many batches a second, whether or not those before were answered. */
const batches =
  (url: string, key: string, size: number, perSecond: number): Flood =>
  async (signal) => {
    const inputs = Array.from({ length: size }, () => ({ inputTokens: 1, outputTokens: 1 }));
    const running = new Set<Promise<unknown>>();
    while (!signal.aborted) {
      const sent = ask(
        url,
        key,
        'mutation ($inputs: [RecordUsageInput!]!) { recordUsageBatch(inputs: $inputs) { recorded } }',
        {
          inputs,
        },
      ).finally(() => running.delete(sent));
      running.add(sent);
      await sleep(1000 / perSecond);
    }
    await Promise.all(running);
  };

async function during<T>(flood: Flood, work: () => Promise<T>): Promise<T> {
  const end = new AbortController();
  const flooding = flood(end.signal);
  await sleep(2_000);
  try {
    return await work();
  } finally {
    end.abort();
    await flooding;
  }
}

/** Records and asks in turn, at the pace of a small service. */
async function measure(url: string, { writer, reader }: { writer: string; reader: string }, seconds: number) {
  const times: Times = { record: [], usage: [], refused: 0 };
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end)
    for (const [of, send] of [
      ['record', () => record(url, writer)],
      ['usage', () => ask(url, reader, smallUsage)],
    ] as const) {
      const began = performance.now();
      if ((await send()) !== 200) times.refused++;
      times[of].push(performance.now() - began);
      await sleep(pauseMs);
    }
  return times;
}

function percentile(times: readonly number[], percent: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.ceil((percent * sorted.length) / 100) - 1] ?? Number.NaN) * 10) / 10;
}
