import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from '@graphql-codegen/cli';
import { expect, it } from 'vitest';
import { startTestGateway } from '../support/gateway.ts';
import { printedSchema } from '../../src/print-schema.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/frontend.md'), 'utf8');
const scalars: Record<string, string> = JSON.parse(/```json\n([^]*?)```/.exec(page)?.[1] ?? '{}');

const document = `query Page($filters: UsageFilters) {
  usage(period: LAST_30_DAYS, filters: $filters) {
    totals { totalCalls totalCostUsd units { quantity } }
    buckets { ts localStart }
  }
  calls { edges { node { tags units } } }
}`;

it('maps every scalar that travels otherwise than GraphQL says by itself', () => {
  const own = [...printedSchema().matchAll(/^scalar (\w+)/gm)].map(([, name = '']) => name);
  expect(Object.keys(scalars).toSorted()).toEqual(own.toSorted());
});

it('gives types that hold for answers', async () => {
  const [file] = await generate(
    {
      schema: printedSchema(),
      documents: document,
      silent: true,
      generates: { 'types.ts': { plugins: ['typescript', 'typescript-operations'], config: { scalars } } },
    },
    false,
  );
  const types = file?.content ?? '';
  expect(types).toContain('Decimal: { input: string; output: string; }');
  const gateway = await startTestGateway('embedded');
  try {
    await gateway.send(
      'mutation { recordUsage(input: { tenantId: "acme", inputTokens: 1, costUsd: "0.5" }) { outcome } }',
    );
    const { data } = await gateway.send<{ usage: { totals: object; buckets: object[] } }, object>(
      document.replace('usage(', 'usage(tenantId: "acme", ').replace('calls {', 'calls(tenantId: "acme") {'),
    );
    expect(data?.usage.totals).toEqual({ totalCalls: 1, totalCostUsd: '0.5', units: [] });
    expect(data?.usage.buckets.at(-1)).toEqual({
      ts: expect.any(String),
      localStart: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T00:00:00$/),
    });
  } finally {
    await gateway.close();
  }
});
