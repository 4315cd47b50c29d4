import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parser } from '@prometheus-io/lezer-promql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { metricsText, parseMetrics } from './read-metrics.ts';

const docs = resolve(import.meta.dirname, '../../docs');
const read = (name: string) => readFileSync(resolve(docs, name), 'utf8');

const rules = z
  .strictObject({
    groups: z.array(
      z.strictObject({
        name: z.string(),
        rules: z.array(
          z.strictObject({
            alert: z.string().regex(/^UsageGateway[A-Z]\w+$/),
            expr: z.string(),
            for: z.string().regex(/^\d+m$/),
            labels: z.strictObject({ severity: z.enum(['page', 'ticket']) }),
            annotations: z.strictObject({ summary: z.string() }),
          }),
        ),
      }),
    ),
  })
  .parse(parse(read('alert-rules.yaml')));
const alerts = rules.groups.flatMap((group) => group.rules);

const dashboard = z
  .looseObject({
    title: z.string(),
    panels: z.array(
      z.looseObject({
        id: z.number(),
        title: z.string(),
        gridPos: z.object({ h: z.number(), w: z.number(), x: z.number(), y: z.number() }),
        targets: z.array(z.looseObject({ refId: z.string(), expr: z.string() })).min(1),
      }),
    ),
  })
  .parse(JSON.parse(read('grafana-dashboard.json')));

/** Grafana's own variables, as it fills them in. */
const filledIn = (expr: string) => expr.replaceAll('$__rate_interval', '1m').replaceAll('$job', 'usage-gateway');

const expressions = [
  ...alerts.map(({ alert, expr }) => ({ of: alert, expr })),
  ...dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ of: title, expr: filledIn(expr) }))),
];

/** The metrics in an expression with the labels that they are selected by, and whether it is PromQL at all. */
function readPromQL(expr: string): { names: string[]; labels: string[]; isValid: boolean } {
  const found = { names: new Array<string>(), labels: new Array<string>(), isValid: true };
  parser.parse(expr).iterate({
    enter({ name, from, to, type }) {
      if (type.isError) found.isValid = false;
      const [first] = expr.slice(from, to).split(/[{[]/);
      if (name === 'VectorSelector') found.names.push(first ?? '');
      if (name === 'LabelName') found.labels.push(expr.slice(from, to));
    },
  });
  return found;
}

/** Metrics and labels that Prometheus adds by itself. */
const ofPrometheus = { names: ['up'], labels: ['job', 'instance', 'le'] };

describe('the alert rules and the dashboard', () => {
  let gateway: TestGateway;
  let samples: ReturnType<typeof parseMetrics>;

  beforeAll(async () => {
    gateway = await startTestGateway('embedded', {
      config: { metrics: { host: '127.0.0.1', port: 0, key: undefined } },
    });
    // Metrics with labels are there once something was counted.
    await gateway.send(
      'mutation { recordUsageBatch(inputs: [{ tenantId: "acme", inputTokens: 1, outputTokens: 1 }, { tenantId: "acme", inputTokens: -1, outputTokens: 1 }]) { recorded } }',
    );
    await gateway.send('{ nothing }');
    const isFolded = () => samples.some(({ name }) => name === 'usage_gateway_task_last_success_timestamp_seconds');
    do samples = parseMetrics(await metricsText(gateway));
    while (!isFolded());
  });
  afterAll(() => gateway?.close());

  it('are some', () => {
    expect(alerts.length).toBeGreaterThan(5);
    expect(dashboard.panels.length).toBeGreaterThan(10);
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });

  it.each(expressions)('ask in valid PromQL for what the gateway has: $of', ({ expr }) => {
    const { names, labels, isValid } = readPromQL(expr);
    expect(isValid).toBe(true);
    expect(names).not.toEqual([]);
    const known = new Set([...samples.map(({ name }) => name), ...ofPrometheus.names]);
    expect(names.filter((name) => !known.has(name))).toEqual([]);
    const knownLabels = new Set([...samples.flatMap(({ labels }) => Object.keys(labels)), ...ofPrometheus.labels]);
    expect(labels.filter((label) => !knownLabels.has(label))).toEqual([]);
  });

  it('tells a query that is none', () => {
    expect(readPromQL('sum(rate(usage_gateway_requests_total[5m])').isValid).toBe(false);
  });

  it('show every metric of the gateway itself', () => {
    const asked = new Set(expressions.flatMap(({ expr }) => readPromQL(expr).names.map(withoutSuffix)));
    const own = new Set(samples.map(({ name }) => name).filter((name) => name.startsWith('usage_gateway_')));
    const unseen = [...own].filter((name) => !asked.has(withoutSuffix(name)));
    expect(unseen).toEqual(['usage_gateway_errors_total', 'usage_gateway_task_last_success_timestamp_seconds']);
  });

  it('say in operating.md what to do about each alert', () => {
    const headings = [...read('operating.md').matchAll(/^#+ (UsageGateway\w+)$/gm)].map(([, name]) => name);
    expect(headings.toSorted()).toEqual(alerts.map(({ alert }) => alert).toSorted());
  });
});

const withoutSuffix = (name: string) => name.replace(/_(bucket|count|sum)$/, '');
