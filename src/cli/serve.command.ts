import { Command } from 'commander';
import { loadConfig, type Config } from '../settings/config.ts';
import { OperatorError } from '../values/errors.ts';
import { createLogger, type Logger } from '../settings/log.ts';
import { startGateway, type Gateway } from '../main.ts';

export const serveCommand = (): Command =>
  new Command('serve')
    .description('start the gateway on the configured database; the settings come from the environment')
    .action(async () => {
      const config = loadConfig(process.env);
      const log = createLogger(config);
      const gateway = await startGateway(config, { log });
      greet(gateway, config);
      await untilEnd(gateway, log, config.drainMs);
    });

const longestCloseMs = 5_000;

/**
 * Serves until a signal or a crash of the embedded database. On SIGTERM requests go on for `drainMs`, so that whoever
 * balances the load can look elsewhere; whatever does not end after that is left behind, as all that was acknowledged is
 * committed.
 * @throws {OperatorError} for the crash.
 */
export async function untilEnd(gateway: Gateway, log: Logger, drainMs = 0): Promise<void> {
  const end = await Promise.race([endSignal(), gateway.database.crashed]);
  if (end instanceof Error) throw new OperatorError(end.message, { cause: end });
  log.info({ signal: end }, 'ending');
  const drain = end === 'SIGTERM' ? drainMs : 0;
  setTimeout(() => process.exit(0), drain + longestCloseMs).unref();
  await gateway.close({ drainMs: drain });
}

/** Resolves with the first signal that asks the process to end; a second one ends it at once. */
function endSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => {
        process.once(signal, () => process.exit(1));
        resolve(signal);
      });
  });
}

/** Prints the gateway's address and lines to paste. The first superuser's key is shown here and never again. */
export function greet({ url, firstKey }: Gateway, config: Config, shownKey = firstKey): void {
  const key = shownKey ?? (config.superuserKey === undefined ? '$USAGE_GATEWAY_KEY' : '$SUPERUSER_KEY');
  const curl = (query: string) =>
    `curl -s ${url}/graphql -H "Authorization: Bearer ${key}" -H 'Content-Type: application/json' -d '${JSON.stringify({ query })}'`;
  const lines = [
    `Usage Gateway is ready at ${url}/graphql`,
    config.databaseUrl ? 'on PostgreSQL' : `on the embedded database in ${config.dataDir}`,
    '',
    ...keyLines(firstKey, shownKey),
    'Record a call:',
    curl(
      `mutation { recordUsage(input: {tenantId: "acme", provider: "openai", model: "gpt-5", inputTokens: 1200, outputTokens: 350, durationMs: 1840, costUsd: "0.00525"}) { outcome event { requestId } } }`,
    ),
    '',
    'Read the usage:',
    curl(
      `{ usage(tenantId: "acme") { totals { totalCalls totalTokens totalCostUsd } buckets { ts stats { totalCalls } } } }`,
    ),
    '',
    `Dashboard, in a browser: ${url}/`,
    `GraphiQL, ${config.introspection ? 'in a browser' : 'for whoever is signed in on the dashboard'}: ${url}/graphql`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function keyLines(firstKey: string | undefined, shownKey: string | undefined): string[] {
  if (firstKey) return ['The first superuser API key, shown only once. Keep it:', '', `  ${firstKey}`, ''];
  if (shownKey) return ['Superuser API key for this run:', '', `  ${shownKey}`, ''];
  return ['Replace the variable below with an API key.', ''];
}
