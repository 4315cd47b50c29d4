import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { loadConfig } from '../../src/settings/config.ts';
import { createLogger } from '../../src/settings/log.ts';
import { startGateway } from '../../src/main.ts';

// A gateway in a process of its own, which tells on another port how long its event loop was held, and its memory.

const config = loadConfig(process.env);
const gateway = await startGateway(config, { log: createLogger(config) });
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const measures = createServer((_request, response) => {
  globalThis.gc?.();
  const longestMs = delay.max / 1e6;
  delay.reset();
  const { rss, heapUsed, external } = process.memoryUsage();
  response.end(JSON.stringify({ longestMs, residentMiB: rss / 2 ** 20, heldMiB: (heapUsed + external) / 2 ** 20 }));
}).listen(0, '127.0.0.1');
await once(measures, 'listening');
const { port } = measures.address() as AddressInfo;
process.stdout.write(`ready at ${gateway.url}, measured at http://127.0.0.1:${port}\n`);
process.once('SIGTERM', () => process.exit(0));
