import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { TaskHealth } from './operator-health.ts';
import { poolUse } from './observe-pool.ts';
import { openSubscriptions } from './observe-live.ts';
import { recordingQueueCalls } from './observe-recording.ts';
import { signals, type CallOutcomes } from './signals.ts';

export interface MetricsParts {
  version: string;
  database: 'postgresql' | 'embedded';
  /** Whether to count by tenant too. */
  byTenant: boolean;
  /** What the summaries lack now. */
  lag: () => Promise<FoldLag>;
  /** Notifications that wait now. */
  backlog: () => Promise<Backlog>;
  tasks: () => readonly TaskHealth[];
  /** By how many milliseconds the machine's clock is ahead of the database's. */
  clockAheadMs: () => number;
}

/** Calls that the summaries lack, and how long the oldest of them has waited. */
export interface FoldLag {
  calls: number;
  seconds: number;
}

/** Notifications that wait to be sent, and the age of the oldest. */
export interface Backlog {
  deliveries: number;
  seconds: number;
}

export interface Metrics {
  /** In the text format of Prometheus. */
  text(): Promise<string>;
  contentType: string;
  /** Counts no further. */
  stop(): void;
}

const prefix = 'usage_gateway_';
const requestSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const statementSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30];
const stepSeconds = [0.01, 0.05, 0.1, 0.5, 1, 5, 30];

/** Operations with several root fields are counted together: there are too many combinations. */
const fieldLabel = ([first = 'none', ...others]: readonly string[]) => (others.length > 0 ? 'several' : first);

/** Reads once for all gauges of one scrape. */
function readOnce<T>(read: () => Promise<T>): () => Promise<T> {
  let now: Promise<T> | undefined;
  return () => (now ??= read().finally(() => setImmediate(() => (now = undefined))));
}

/**
 * Every metric of a gateway. The values of labels are few and fixed, such as fields of the schema; only those of
 * `tenant`, which is off by default, are chosen by others.
 */
export function createMetrics({
  version,
  database,
  byTenant,
  lag,
  backlog,
  tasks,
  clockAheadMs,
}: MetricsParts): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Counter({ name: prefix + name, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, buckets: number[], ...labelNames: L[]) =>
    new Histogram({ name: prefix + name, help, buckets, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: L[], read: (gauge: Gauge<L>) => unknown) =>
    new Gauge({
      name: prefix + name,
      help,
      labelNames,
      registers,
      async collect() {
        await read(this);
      },
    });

  collectDefaultMetrics({ register: registry });
  gauge('build_info', 'Always 1; the labels tell what runs.', ['version', 'node', 'database'], (gauge) =>
    gauge.set({ version, node: process.version, database }, 1),
  );

  const requests = counter('requests_total', 'Requests answered.', 'kind', 'field', 'caller', 'code');
  const durations = histogram('request_duration_seconds', 'Time to answer.', requestSeconds, 'kind', 'field');
  const errors = counter('errors_total', 'Errors in answers, of which one may have several.', 'code');
  const calls = counter('calls_total', 'Calls that were sent.', 'outcome');
  const rejected = counter('calls_rejected_total', 'Calls that were rejected.', 'code');
  const waits = histogram('recording_wait_seconds', 'Time that calls wait to be stored.', requestSeconds);
  const statements = histogram('database_statement_seconds', 'Time of statements.', statementSeconds);
  const failures = counter('database_statement_failures_total', 'Statements that failed.');
  const folded = counter('folded_calls_total', 'Calls taken into the summaries.');
  const steps = histogram('task_step_seconds', 'Time of steps of background tasks.', stepSeconds, 'task', 'outcome');
  const tries = counter('notification_tries_total', 'Notifications tried; PENDING are tried again.', 'outcome');
  const liveAnswers = counter('live_answers_total', 'Answers made for subscriptions.', 'field', 'outcome');
  for (const outcome of ['DELIVERED', 'PENDING', 'FAILED']) tries.inc({ outcome }, 0);
  const byTenantCounters = byTenant
    ? {
        requests: counter('tenant_requests_total', "Requests of tenants' own callers.", 'tenant', 'code'),
        calls: counter('tenant_calls_total', 'Calls sent for a tenant.', 'tenant', 'outcome'),
      }
    : undefined;

  let failingTenants = 0;
  gauge('recording_queue_calls', 'Calls that wait to be stored.', [], (gauge) => gauge.set(recordingQueueCalls()));
  gauge('live_streams', 'Subscriptions that are open.', [], (gauge) => gauge.set(openSubscriptions()));
  gauge('fold_failing_tenants', 'Tenants whose calls cannot be taken into summaries.', [], (gauge) =>
    gauge.set(failingTenants),
  );
  gauge('database_connections', 'Connections to the database.', ['state'], (gauge) => {
    const { inUse, idle } = poolUse();
    gauge.set({ state: 'in_use' }, inUse);
    gauge.set({ state: 'idle' }, idle);
  });
  gauge('clock_ahead_seconds', "How far the machine's clock is ahead of the database's.", [], (gauge) =>
    gauge.set(clockAheadMs() / 1000),
  );
  gauge('database_connection_waiters', 'Statements that wait for a connection.', [], (gauge) =>
    gauge.set(poolUse().waiting),
  );
  const readGauge = <T>(name: string, help: string, read: () => Promise<T>, of: (value: T) => number) =>
    gauge(name, help, [], (gauge) =>
      read().then(
        (value) => gauge.set(of(value)),
        // No value is better than an old one, and the other metrics must be seen while the database is down.
        () => gauge.set(Number.NaN),
      ),
    );
  const [readLag, readBacklog] = [readOnce(lag), readOnce(backlog)];
  readGauge('fold_lag_calls', 'Calls that the summaries lack.', readLag, ({ calls }) => calls);
  readGauge('fold_lag_seconds', 'Age of the oldest call that the summaries lack.', readLag, ({ seconds }) => seconds);
  readGauge('notifications_pending', 'Notifications not taken yet.', readBacklog, ({ deliveries }) => deliveries);
  readGauge('notifications_oldest_pending_seconds', 'Age of the oldest.', readBacklog, ({ seconds }) => seconds);
  gauge('task_consecutive_failures', 'Failed steps of a background task since it succeeded.', ['task'], (gauge) => {
    for (const { name, consecutiveFailures } of tasks()) gauge.set({ task: name }, consecutiveFailures);
  });
  gauge('task_last_success_timestamp_seconds', 'When a background task last succeeded.', ['task'], (gauge) => {
    for (const { name, lastSuccessAt } of tasks())
      if (lastSuccessAt) gauge.set({ task: name }, lastSuccessAt.getTime() / 1000);
  });

  const countCalls = ({ tenantId, outcomes }: CallOutcomes) => {
    for (const [outcome, of] of Map.groupBy(outcomes, ({ outcome }) => outcome)) calls.inc({ outcome }, of.length);
    for (const one of outcomes) {
      if (one.outcome === 'REJECTED') rejected.inc({ code: one.error.code });
      const tenant = one.outcome === 'REJECTED' ? tenantId : one.call.tenantId;
      if (tenant !== undefined) byTenantCounters?.calls.inc({ tenant, outcome: one.outcome });
    }
  };
  const stops = [
    signals.request.on(({ record: { kind, fields, caller, tenantId, codes }, ms, code }) => {
      const field = fieldLabel(fields);
      requests.inc({ kind, field, caller, code });
      // How long a subscription was open says nothing of how fast it was answered.
      if (kind !== 'subscription') durations.observe({ kind, field }, ms / 1000);
      for (const code of codes) errors.inc({ code });
      if (tenantId !== undefined) byTenantCounters?.requests.inc({ tenant: tenantId, code });
    }),
    signals.calls.on(countCalls),
    signals.waited.on(({ ms }) => waits.observe(ms / 1000)),
    signals.statement.on(({ ms, failed }) => {
      statements.observe(ms / 1000);
      if (failed) failures.inc();
    }),
    signals.delivery.on(({ outcome }) => tries.inc({ outcome })),
    signals.fold.on((step) => {
      folded.inc(step.calls);
      failingTenants = step.failingTenants;
    }),
    signals.liveAnswer.on(({ field, failed }) => liveAnswers.inc({ field, outcome: failed ? 'failed' : 'made' })),
    signals.step.on(({ task, outcome, durationMs }) => steps.observe({ task, outcome }, durationMs / 1000)),
  ];
  return {
    text: () => registry.metrics(),
    contentType: registry.contentType,
    stop() {
      for (const stop of stops) stop();
    },
  };
}
