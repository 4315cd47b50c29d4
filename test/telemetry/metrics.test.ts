import { afterAll, beforeAll, expect, it } from 'vitest';
import { fold } from '../../src/rollup/fold.service.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { bearer, metricsText, parseMetrics, readMetric } from './read-metrics.ts';

const call = (requestId: string, inputTokens = 1) =>
  `{ tenantId: "acme", requestId: "${requestId}", provider: "p", model: "m", inputTokens: ${inputTokens}, outputTokens: 1 }`;

describeOnEachDatabase('metrics', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    const metrics = { host: '127.0.0.1', port: 0, key: undefined };
    gateway = await startTestGateway(kind, { config: { metrics }, folding: false });
  });
  afterAll(() => gateway?.close());

  const during = async (work: () => Promise<unknown>, name: string, labels: Record<string, string>) => {
    const before = await readMetric(gateway, name, labels);
    await work();
    return (await readMetric(gateway, name, labels)) - before;
  };

  it('count requests by root field, caller and code, whatever the operation is called', async () => {
    const ask = () => gateway.send('query AnyName { a: tenants(first: 1) { edges { node { id } } } }');
    const labels = { kind: 'query', field: 'tenants', caller: 'superuser', code: 'OK' };
    expect(await during(ask, 'requests_total', labels)).toBe(1);
    expect(await during(ask, 'request_duration_seconds_count', { kind: 'query', field: 'tenants' })).toBe(1);
    expect(await metricsText(gateway)).not.toContain('AnyName');
  });

  it('count operations with several root fields together', async () => {
    const ask = () => gateway.send('{ viewer { role } tenants(first: 1) { edges { node { id } } } }');
    expect(await during(ask, 'requests_total', { field: 'several', code: 'OK' })).toBe(1);
  });

  it('count refusals by code, without names that the schema does not have', async () => {
    const unknown = () => gateway.send('{ nothingOfTheKind }');
    expect(await during(unknown, 'requests_total', { field: 'none', code: 'VALIDATION_ERROR' })).toBe(1);
    const anonymous = () => gateway.send('{ viewer { role } }', {}, null);
    expect(await during(anonymous, 'requests_total', { caller: 'anonymous', code: 'UNAUTHENTICATED' })).toBe(1);
    const invalid = () => gateway.send('{ viewer { role } }', {}, 'no-key');
    expect(await during(invalid, 'requests_total', { caller: 'unknown', code: 'UNAUTHENTICATED' })).toBe(1);
    const form = () => fetch(`${gateway.url}/graphql`, { method: 'POST', body: 'query=x' });
    expect(await during(form, 'requests_total', { field: 'none', code: 'VALIDATION_ERROR' })).toBe(1);
    expect(await metricsText(gateway)).not.toContain('nothingOfTheKind');
    const both = () => gateway.send('{ nothing another }');
    expect(await during(both, 'errors_total', { code: 'VALIDATION_ERROR' })).toBe(2);
  });

  it('do not count what asks for health', async () => {
    const ask = async () => {
      await (await fetch(`${gateway.url}/health/live`)).arrayBuffer();
      await (await fetch(`${gateway.url}/health/ready`)).arrayBuffer();
    };
    expect(await during(ask, 'requests_total', {})).toBe(0);
  });

  it('count calls that were recorded, sent twice and rejected, and show what waits to be folded', async () => {
    const record = (...calls: string[]) =>
      gateway.send(`mutation { recordUsageBatch(inputs: [${calls.join()}]) { recorded } }`);
    const waited = await readMetric(gateway, 'recording_wait_seconds_count');
    const lag = await readMetric(gateway, 'fold_lag_calls');
    const first = () => record(call('1'), call('2'), call('1'), call('3', -1));
    expect(await during(first, 'calls_total', { outcome: 'RECORDED' })).toBe(2);
    expect(await during(() => record(call('1')), 'calls_total', { outcome: 'DUPLICATE' })).toBe(1);
    expect(await during(() => record(call('1', 5)), 'calls_rejected_total', { code: 'IDEMPOTENCY_CONFLICT' })).toBe(1);
    expect(await readMetric(gateway, 'calls_rejected_total', { code: 'VALIDATION_ERROR' })).toBe(1);
    expect((await readMetric(gateway, 'recording_wait_seconds_count')) - waited).toBe(3);
    expect(await readMetric(gateway, 'recording_queue_calls')).toBe(0);
    expect((await readMetric(gateway, 'fold_lag_calls')) - lag).toBe(2);
    expect(await readMetric(gateway, 'fold_lag_seconds')).toBeGreaterThan(0);
    while ((await fold(gateway.database.orm.em.fork(), 1000)).more);
    expect(await readMetric(gateway, 'fold_lag_calls')).toBe(0);
    expect(await readMetric(gateway, 'fold_lag_seconds')).toBe(0);
  });

  it('show connections, statements, the process and what runs', async () => {
    const samples = parseMetrics(await metricsText(gateway));
    const valueOf = (name: string) => samples.find((sample) => sample.name === name)?.value ?? -1;
    expect(samples.find(({ name }) => name === 'usage_gateway_build_info')?.labels).toEqual({
      version: packageJson.version,
      node: process.version,
      database: kind === 'postgres' ? 'postgresql' : 'embedded',
    });
    const connections = samples.filter(({ name }) => name === 'usage_gateway_database_connections');
    expect(connections.map(({ labels }) => labels['state'])).toEqual(['in_use', 'idle']);
    expect(connections.reduce((sum, { value }) => sum + value, 0)).toBeGreaterThan(0);
    expect(valueOf('usage_gateway_database_statement_seconds_count')).toBeGreaterThan(0);
    expect(valueOf('nodejs_eventloop_lag_seconds')).toBeGreaterThanOrEqual(0);
    expect(valueOf('process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
  });

  it('have no label for the tenant', async () => {
    const samples = parseMetrics(await metricsText(gateway));
    expect(samples.filter(({ labels }) => 'tenant' in labels)).toEqual([]);
    expect(await metricsText(gateway)).not.toContain('acme');
  });
});

const alwaysThere = [
  'fold',
  'forget-spans',
  'forget-hours',
  'watch',
  'notifications',
  'forget-deliveries',
  'retention',
];

describeOnEachDatabase('metrics of background tasks', (kind) => {
  it('show steps, and the tenants where they are asked for, only to those who have the key', async () => {
    const key = 'a-key-for-operators';
    const gateway = await startTestGateway(kind, {
      config: { metrics: { host: '127.0.0.1', port: 0, key }, metricsByTenant: true },
    });
    try {
      const recorded = gateway.send(`mutation { recordUsage(input: ${call('1')}) { outcome } }`);
      expect((await recorded).errors).toEqual([]);
      for (const sent of [undefined, 'another-key-for-operators']) {
        const headers = bearer(sent);
        for (const page of ['metrics', 'health'])
          expect((await fetch(`${gateway.metricsUrl}/${page}`, { headers })).status).toBe(401);
      }
      let samples = parseMetrics(await metricsText(gateway, key));
      expect(samples).toContainEqual({
        name: 'usage_gateway_tenant_calls_total',
        labels: { tenant: 'acme', outcome: 'RECORDED' },
        value: 1,
      });
      const folded = () => samples.find(({ name }) => name === 'usage_gateway_folded_calls_total')?.value;
      while (folded() !== 1) samples = parseMetrics(await metricsText(gateway, key));
      const steps = samples.filter(({ name }) => name === 'usage_gateway_task_step_seconds_count');
      expect(steps.some(({ labels, value }) => labels['task'] === 'fold' && value > 0)).toBe(true);
      const health = await fetch(`${gateway.metricsUrl}/health`, { headers: bearer(key) });
      expect(await health.json()).toMatchObject({
        status: 'ok',
        fold: { lagCalls: 0, lagSeconds: 0 },
        failingTenants: 0,
        recordingQueueCalls: 0,
        connections: { waiting: 0 },
        // The embedded database's clock is that of the machine.
        tasks: [...(kind === 'postgres' ? ['clock'] : []), ...alwaysThere].map((name) => ({
          name,
          consecutiveFailures: 0,
          lastSuccessAt: expect.any(String),
        })),
      });
      expect((await fetch(`${gateway.url}/metrics`)).status).toBe(404);
    } finally {
      await gateway.close();
    }
  });
});
