import { setTimeout as sleep } from 'node:timers/promises';
import { startBenchGateway, superuserKey, type BenchGateway } from './bench-gateway.ts';
import { singleBody } from './calls.ts';
import { sendLoad } from './load.ts';
import { OpenLoop, type OpenResult } from './open-loop.ts';

export interface OverloadOptions {
  /** Length of the overload. */
  seconds: number;
  /** How many times what the gateway can do is sent. */
  times: number;
}

const tenants = 10;
const patienceMs = 10_000;
const expected = '"outcome":"RECORDED"';
const connections = [16, 64, 256];
const secondsEach = 8;
/** Recovered is what answers so many requests in a row, one by one, each in so long. */
const recovered = { requests: 20, ms: 100 };

/**
 * What becomes of a gateway that is sent several times the calls that it can store, by clients that do not wait for each
 * other and give up after ten seconds: the goodput against the best, how soon the rest is refused and whether it is told
 * when to come again, memory, and how long it takes to be well again.
 */
export async function benchOverload(env: Record<string, string>, { seconds, times }: OverloadOptions) {
  const gateway = await startBenchGateway('src/cli.ts', env);
  try {
    const keys = await tenantKeys(gateway);
    const open = (perSecond: number, length: number) =>
      new OpenLoop({
        url: gateway.url,
        keys,
        perSecond,
        seconds: length,
        body: singleBody,
        expected,
        patienceMs,
      }).run();
    let best = 0;
    await closed(gateway, keys[0] ?? '', 16, 3);
    for (const count of connections) best = Math.max(best, await closed(gateway, keys[0] ?? '', count, secondsEach));
    const rows: Record<string, unknown>[] = [
      { what: 'one after another on each connection', callsPerSecond: Math.round(best), ratio: 1 },
    ];
    for (const factor of [0.5, times]) {
      const before = gateway.usage();
      const began = performance.now();
      const result = await open(best * factor, seconds);
      const cpuSeconds = (gateway.usage()?.cpuSeconds ?? Number.NaN) - (before?.cpuSeconds ?? Number.NaN);
      const elapsedSeconds = (performance.now() - began) / 1000;
      const recoveryMs = await recover(gateway.url, keys[1] ?? '');
      rows.push({
        what: `${factor} times that, whatever is answered`,
        ...figures(result, best, seconds),
        recoverySeconds: Math.round(recoveryMs / 100) / 10,
        // Far below 1, the machine was too busy for the figures to tell of the gateway.
        cpuOfOneCore: Math.round((cpuSeconds / elapsedSeconds) * 100) / 100,
        residentMiBBefore: before && Math.round(before.residentMiB),
        peakMiB: Math.round(gateway.usage()?.peakMiB ?? Number.NaN),
      });
    }
    return rows;
  } finally {
    await gateway.stop();
  }
}

async function tenantKeys(gateway: BenchGateway): Promise<string[]> {
  const keys: string[] = [];
  for (let no = 1; no <= tenants; no++) {
    const create = `mutation { createTenant(input: { id: "tenant-${no}", name: "T" }) { id } }`;
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${superuserKey}` };
    await (await fetch(gateway.url, { method: 'POST', headers, body: JSON.stringify({ query: create }) })).text();
    keys.push(await gateway.createKey(`tenant-${no}`, 'USAGE_WRITE'));
  }
  return keys;
}

const closed = async (gateway: BenchGateway, key: string, count: number, seconds: number): Promise<number> => {
  const load = { url: gateway.url, key, connections: count, seconds, callsEach: 1, body: singleBody, expected };
  return (await sendLoad(load)).callsPerSecond;
};

function figures({ sent, done, refused, withRetryAfter, gaveUp, failed }: OpenResult, best: number, seconds: number) {
  const perSecond = done.length / seconds;
  return {
    sent,
    callsPerSecond: Math.round(perSecond),
    ratio: Math.round((perSecond / best) * 100) / 100,
    p50Ms: percentile(done, 50),
    p99Ms: percentile(done, 99),
    refused: refused.length,
    refusedP50Ms: percentile(refused, 50),
    refusedP99Ms: percentile(refused, 99),
    withRetryAfter: refused.length === 0 ? undefined : Math.round((withRetryAfter / refused.length) * 100) / 100,
    gaveUp,
    failed: Object.entries(failed)
      .map(([what, count]) => `${what}: ${count}`)
      .join(', '),
  };
}

/** Milliseconds until the gateway answers as fast as when idle. */
async function recover(url: string, key: string): Promise<number> {
  const began = performance.now();
  for (let inTime = 0; inTime < recovered.requests;) {
    const asked = performance.now();
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: singleBody(),
    });
    const answer = await response.text();
    inTime = answer.includes(expected) && performance.now() - asked < recovered.ms ? inTime + 1 : 0;
    if (inTime === 0) await sleep(50);
  }
  return performance.now() - began;
}

function percentile(times: readonly number[], percent: number): number | undefined {
  const sorted = times.toSorted((a, b) => a - b);
  const found = sorted[Math.ceil((percent * sorted.length) / 100) - 1];
  return found && Math.round(found * 10) / 10;
}
