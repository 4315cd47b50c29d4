import type { RequestListener } from 'node:http';
import packageJson from '../package.json' with { type: 'json' };
import { forkForPlatform } from './database/session.ts';
import { readBacklog } from './notifications/delivery.repository.ts';
import { readFoldLag } from './rollup/fold-lag.repository.ts';
import { listen } from './server.ts';
import type { Services } from './services.ts';
import type { Config } from './settings/config.ts';
import { observeRequests } from './telemetry/observe-requests.ts';
import { traceWith } from './telemetry/tracing.ts';
import { OperatorError } from './values/errors.ts';

/** What shows operators what a gateway does. */
export interface Observing {
  /** Observes the requests that a handler answers. */
  requests(handler: RequestListener): RequestListener;
  /** Where operators read metrics and health; undefined where they are not served. */
  metricsUrl: string | undefined;
  stop(): Promise<void>;
}

/** Starts what the settings ask for. What nobody asks for is not even loaded. */
export async function startObserving(config: Config, services: Services): Promise<Observing> {
  const tracing = config.tracing && (await import('./telemetry/open-telemetry.ts')).openTelemetry(config.tracing);
  if (tracing) traceWith(await tracing);
  const pages = config.metrics && (await servePages(config, config.metrics, services));
  return {
    requests: (handler) => observeRequests(handler, config, services.log),
    metricsUrl: pages?.url,
    async stop() {
      await pages?.stop();
      traceWith(undefined);
      await (await tracing)?.stop();
    },
  };
}

async function servePages(
  config: Config,
  { host, port, key }: NonNullable<Config['metrics']>,
  services: Services,
): Promise<{ url: string; stop(): Promise<void> }> {
  const [{ createMetrics }, { operatorHealth }, { operatorPages }] = await Promise.all([
    import('./telemetry/metrics.ts'),
    import('./telemetry/operator-health.ts'),
    import('./telemetry/operator-pages.ts'),
  ]);
  const parts = {
    version: packageJson.version,
    lag: () => readFoldLag(forkForPlatform(services)),
    backlog: () => readBacklog(forkForPlatform(services)),
    tasks: () => services.background.health(),
    clockAheadMs: services.clockAheadMs,
  };
  const metrics = createMetrics({
    ...parts,
    database: config.databaseUrl ? 'postgresql' : 'embedded',
    byTenant: config.metricsByTenant,
  });
  const health = operatorHealth(parts);
  const server = await listen(operatorPages(metrics, health.read, key), host, port).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatorError(`METRICS_HOST, METRICS_PORT: cannot listen on ${host}:${port}: ${reason}`, {
      cause: error,
    });
  });
  services.log.info({ url: server.url }, 'metrics and health are served to operators');
  return {
    url: server.url,
    async stop() {
      await server.close();
      health.stop();
      metrics.stop();
    },
  };
}
