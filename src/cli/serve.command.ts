import { Command } from 'commander';
import { loadConfig, type Config } from '../platform/config.ts';
import { createLogger } from '../platform/log.ts';
import { startGateway, type Gateway } from '../main.ts';

export const serveCommand = (): Command =>
  new Command('serve')
    .description('start the gateway on the configured database; the settings come from the environment')
    .action(async () => {
      const config = loadConfig(process.env);
      const log = createLogger(config);
      const gateway = await startGateway(config, { log });
      greet(gateway, config);
      const signal = await endSignal();
      log.info({ signal }, 'ending');
      await gateway.close();
    });

/** Resolves with the first signal that asks the process to end; a second one ends it at once. */
export function endSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => {
        process.once(signal, () => process.exit(1));
        resolve(signal);
      });
  });
}

/** Prints where the gateway is and three lines to paste. The first superuser's key is shown here and never again. */
export function greet({ url, firstKey }: Gateway, config: Config, tenant = 'acme'): void {
  const key = firstKey ?? (config.superuserKey === undefined ? '$USAGE_GATEWAY_KEY' : '$SUPERUSER_KEY');
  const curl = (query: string) =>
    `curl -s ${url}/graphql -H "Authorization: Bearer ${key}" -H 'Content-Type: application/json' -d '${JSON.stringify({ query })}'`;
  const lines = [
    `Usage Gateway is ready at ${url}/graphql`,
    config.databaseUrl ? 'on PostgreSQL' : `on the embedded database in ${config.dataDir}`,
    '',
    ...(firstKey
      ? ['The first superuser API key, shown this once. Keep it:', '', `  ${firstKey}`, '']
      : ['Put an API key in place of the variable below.', '']),
    'Record a call:',
    curl(`mutation { recordUsage(input: {tenantId: "${tenant}", provider: "openai", model: "gpt-5", inputTokens: 1200, outputTokens: 350, durationMs: 1840, costUsd: "0.00525"}) { outcome event { requestId } } }`),
    '',
    'Read the usage:',
    curl(`{ usage(tenantId: "${tenant}") { totals { totalCalls totalTokens totalCostUsd } buckets { ts stats { totalCalls } } } }`),
    '',
    `GraphiQL, in a browser: ${url}/graphql`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
