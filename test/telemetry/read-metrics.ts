import type { TestGateway } from '../support/gateway.ts';

/** One line of Prometheus' text format. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export function parseMetrics(text: string): Sample[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const match = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
      if (!match) throw new Error(`Not a sample: ${line}`);
      const [, name = '', labels = '', value = ''] = match;
      const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', of = '']) => [label, of]);
      return { name, labels: Object.fromEntries(pairs), value: Number(value) };
    });
}

export const bearer = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { authorization: `Bearer ${key}` };

export async function metricsText({ metricsUrl }: Pick<TestGateway, 'metricsUrl'>, key?: string): Promise<string> {
  const response = await fetch(`${metricsUrl}/metrics`, { headers: bearer(key) });
  if (!response.ok) throw new Error(`/metrics answered ${response.status}: ${await response.text()}`);
  return response.text();
}

/** The sum of the samples of a metric that have these labels. */
export async function readMetric(
  gateway: Pick<TestGateway, 'metricsUrl'>,
  name: string,
  labels: Record<string, string> = {},
): Promise<number> {
  const samples = parseMetrics(await metricsText(gateway)).filter(
    (sample) =>
      sample.name === `usage_gateway_${name}` &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  return samples.reduce((sum, { value }) => sum + value, 0);
}
