import { readFileSync } from 'node:fs';
import { startNode } from '../cli/gateway-process.ts';

export const superuserKey = 'superuser-key-for-the-bench-0123456789';

interface ProcessUsage {
  cpuSeconds: number;
  residentMiB: number;
  peakMiB: number;
}

export interface BenchGateway {
  url: string;
  /** A service's key, as recording services have one. */
  key: string;
  /** Makes a key of a tenant with one scope. */
  createKey(tenantId: string, scope: 'USAGE_READ' | 'USAGE_WRITE'): Promise<string>;
  /** Seconds of processor time so far, and MiB of resident memory, now and at most; nothing where /proc is not to be read. */
  usage(): ProcessUsage | undefined;
  stop(): Promise<void>;
}

/** Starts a gateway as a process of its own, as an operator would, with a tenant and a key to record with. */
export async function startBenchGateway(
  module: 'src/cli.ts' | 'test/bench/gateway-without-storing.ts' | 'test/bench/gateway-without-sessions.ts',
  env: Record<string, string>,
): Promise<BenchGateway> {
  const settings = {
    PORT: '0',
    SUPERUSER_KEY: superuserKey,
    LOG_LEVEL: 'warn',
    NODE_ENV: 'production',
    // What is measured is not how much passes the limits.
    RATE_LIMIT_KEY_CALLS: 'unlimited',
    RATE_LIMIT_KEY_REQUESTS: 'unlimited',
    RATE_LIMIT_TENANT_CALLS: 'unlimited',
    RATE_LIMIT_TENANT_REQUESTS: 'unlimited',
  };
  const gateway = startNode(module, module === 'src/cli.ts' ? ['serve'] : [], { ...settings, ...env });
  const [, url = ''] = await gateway.waitFor(/ready at (\S+)/);
  const ask = async (query: string) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${superuserKey}` },
      body: JSON.stringify({ query }),
    });
    return (await response.json()).data;
  };
  await ask('mutation { createTenant(input: { id: "bench", name: "Bench" }) { id } }');
  const createKey = async (tenantId: string, scope: string): Promise<string> => {
    const { createApiKey } = await ask(
      `mutation { createApiKey(tenantId: "${tenantId}", input: { name: "bench", scopes: [${scope}] }) { secret } }`,
    );
    return createApiKey.secret;
  };
  return {
    url,
    key: await createKey('bench', 'USAGE_WRITE'),
    createKey,
    usage: () => processUsage(gateway.pid),
    async stop() {
      gateway.kill('SIGTERM');
      await gateway.ended;
    },
  };
}

const ticksPerSecond = 100;

function processUsage(pid: number): ProcessUsage | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const mebibytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
      residentMiB: mebibytes('VmRSS'),
      peakMiB: mebibytes('VmHWM'),
    };
  } catch {
    return undefined;
  }
}
