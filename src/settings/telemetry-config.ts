import { z } from 'zod';
import { oneOf, share, wholeNumber } from './parsers.ts';

const minMetricsKeyLength = 16;

/** What operators see of the gateway. */
export interface TelemetryConfig {
  /** Where metrics and the details of health are served; undefined for nowhere. */
  metrics: { host: string; port: number; key: string | undefined } | undefined;
  /** Whether some metrics have a label for the tenant. */
  metricsByTenant: boolean;
  /** Share of the requests that get a line in the log, besides failed and slow ones. */
  requestLogSample: number;
  /** Requests that take longer always get a line in the log. */
  slowRequestMs: number;
}

export const telemetrySettings = {
  METRICS_PORT: wholeNumber(0, 65_535)
    .optional()
    .describe('Port for `/metrics` (Prometheus) and `/health` (details). Without it neither is served.'),
  METRICS_HOST: z
    .string()
    .default('127.0.0.1')
    .describe('Address that `METRICS_PORT` listens on. Keep it out of reach of the public.'),
  METRICS_KEY: z
    .string()
    .min(minMetricsKeyLength, `must have at least ${minMetricsKeyLength} characters`)
    .regex(/^[\x21-\x7e]*$/, 'must be printable ASCII without blanks, since it is sent in a header')
    .optional()
    .describe('Key that `/metrics` and `/health` then require, as `Authorization: Bearer`.'),
  METRICS_BY_TENANT: oneOf(['on', 'off'])
    .default('off')
    .describe('`on` adds metrics with a label for the tenant: one time series for each tenant that is active.'),
  REQUEST_LOG_SAMPLE: share()
    .default(0.01)
    .describe(
      'Share of requests that get a line in the log, from 0 (none) to 1 (all). Requests that fail through a fault of the gateway, are refused for overload, or are slow always get one.',
    ),
  SLOW_REQUEST_MS: wholeNumber(1, 3_600_000)
    .default(1_000)
    .describe('Milliseconds after which a request is slow and always gets a line in the log.'),
};

/** What is wrong with the combination of settings, whatever their values. */
export const telemetryProblems = (given: Readonly<Record<string, unknown>>): string[] =>
  given['METRICS_PORT'] === undefined
    ? ['METRICS_HOST', 'METRICS_KEY']
        .filter((name) => given[name] !== undefined)
        .map((name) => `${name} has no effect without METRICS_PORT`)
    : [];

export const telemetryConfig = (
  settings: Readonly<z.infer<z.ZodObject<typeof telemetrySettings>>>,
): TelemetryConfig => ({
  metrics:
    settings.METRICS_PORT === undefined
      ? undefined
      : { host: settings.METRICS_HOST, port: settings.METRICS_PORT, key: settings.METRICS_KEY },
  metricsByTenant: settings.METRICS_BY_TENANT === 'on',
  requestLogSample: settings.REQUEST_LOG_SAMPLE,
  slowRequestMs: settings.SLOW_REQUEST_MS,
});
