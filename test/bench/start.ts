import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { startCli } from '../cli/gateway-process.ts';
import { median } from './median.ts';

const laterStarts = 5;

/** Seconds from starting the process to the line that says it is ready: a first start and the median of later ones. */
export async function benchStart(folder: string): Promise<Record<string, unknown>[]> {
  const env = { DATA_DIR: join(folder, 'data'), PORT: '0', LOG_LEVEL: 'warn' };
  const start = async () => {
    const began = performance.now();
    const gateway = startCli(['serve'], env);
    await gateway.waitFor(/^GraphiQL, /m);
    const seconds = (performance.now() - began) / 1000;
    gateway.kill('SIGTERM');
    await gateway.ended;
    return seconds;
  };
  const first = await start();
  const later: number[] = [];
  const node: number[] = [];
  for (let run = 0; run < laterStarts; run++) {
    later.push(await start());
    const began = performance.now();
    spawnSync(process.execPath, ['-e', '0']);
    node.push((performance.now() - began) / 1000);
  }
  const alone = median(node);
  return [
    { what: 'node alone', seconds: alone.toFixed(2), ratio: 1 },
    { what: 'first start', seconds: first.toFixed(2), ratio: Math.round(first / alone) },
    { what: 'later start', seconds: median(later).toFixed(2), ratio: Math.round(median(later) / alone) },
  ];
}
