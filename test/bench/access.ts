import { join } from 'node:path';
import { startBenchGateway, superuserKey, type BenchGateway } from './bench-gateway.ts';
import { median } from './median.ts';

const storedCalls = 2_000;
const rounds = 7;
const requestsARound = 200;

const smallUsage = `{ usage(from: "2026-03-01T00:00:00Z", to: "2026-03-03T05:00:00Z", bucket: DAY) {
  totals { totalCalls totalCostUsd } buckets { ts stats { totalCalls } } } }`;

interface Contestant {
  gateway: BenchGateway;
  key: string;
}

/** What a tenant's own session in the database adds to a small report, on a database each. */
export async function benchAccess(folder: string, databases: readonly [string, string] | undefined) {
  const environment = (no: 0 | 1): Record<string, string> =>
    databases ? { DATABASE_URL: databases[no] } : { DATA_DIR: join(folder, String(no)) };
  const contestants: Contestant[] = [];
  try {
    contestants.push(await start('test/bench/gateway-without-sessions.ts', environment(0)));
    contestants.push(await start('src/cli.ts', environment(1)));
    const times: number[][] = contestants.map(() => []);
    for (let round = 0; round < rounds; round++)
      for (const [no, contestant] of contestants.entries()) times[no]?.push(await p50(contestant));
    const [without = NaN, withSessions = NaN] = times.map(median);
    return [
      { what: 'small usage without sessions, p50 ms', figure: rounded(without) },
      {
        what: 'small usage with sessions, p50 ms',
        figure: rounded(withSessions),
        ratio: rounded(withSessions / without),
      },
    ];
  } finally {
    for (const { gateway } of contestants) await gateway.stop();
  }
}

async function start(module: Parameters<typeof startBenchGateway>[0], env: Record<string, string>) {
  const gateway = await startBenchGateway(module, env);
  const inputs = Array.from({ length: 1_000 }, (_, no) => ({
    tenantId: 'bench',
    occurredAt: new Date(Date.UTC(2026, 2, 1) + no * 180_000).toISOString(),
    inputTokens: no,
    outputTokens: 1,
    costUsd: '0.01',
  }));
  for (let sent = 0; sent < storedCalls; sent += inputs.length)
    await ask(gateway.url, superuserKey, {
      query: 'mutation ($inputs: [RecordUsageInput!]!) { recordUsageBatch(inputs: $inputs) { recorded } }',
      variables: { inputs },
    });
  const { createApiKey } = await ask(gateway.url, superuserKey, {
    query: 'mutation { createApiKey(tenantId: "bench", input: { name: "Reader", role: TENANT_MEMBER }) { secret } }',
  });
  return { gateway, key: createApiKey.secret };
}

/** Of requests one after another. */
async function p50({ gateway, key }: Contestant): Promise<number> {
  const times: number[] = [];
  for (let request = 0; request < requestsARound; request++) {
    const began = performance.now();
    await ask(gateway.url, key, { query: smallUsage });
    times.push(performance.now() - began);
  }
  return median(times);
}

async function ask(url: string, key: string, body: object) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

const rounded = (value: number) => Number(value.toFixed(2));
