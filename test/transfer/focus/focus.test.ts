import { buffer } from 'node:stream/consumers';
import { PassThrough } from 'node:stream';
import { Big } from 'big.js';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findTenants } from '../../../src/tenancy/tenant.repository.ts';
import { exportFocus } from '../../../src/transfer/focus/export-focus.ts';
import { planFocus } from '../../../src/transfer/focus/plan.ts';
import { tenantId } from '../../../src/values/identifier.ts';
import { Void } from '../../acceptance/operations.ts';
import { describeOnEachDatabase } from '../../support/databases.ts';
import { superuserKey, startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { brokenRules, type FocusRow } from './focus-rules.ts';
import { readParquet } from './read-parquet.ts';

const now = new Date('2026-03-05T12:00:00Z');
const calls = [
  {
    provider: 'openai',
    model: 'gpt-4o',
    inputTokens: 1000,
    cachedInputTokens: 400,
    outputTokens: 100,
    tags: { team: 'a' },
  },
  { provider: 'openai', model: 'gpt-4o', inputTokens: 7, outputTokens: 3, tags: { team: 'a' } },
  { provider: 'openai', model: 'gpt-4o', inputTokens: 7, outputTokens: 3, tags: { team: 'b"ö' } },
  { provider: 'openai', model: 'gpt-4o', inputTokens: 7, outputTokens: 3 },
  {
    provider: 'anthropic',
    model: 'claude-sonnet-4-5',
    inputTokens: 5000,
    cachedInputTokens: 3000,
    cacheWriteTokens: 1500,
    cacheWrite1hTokens: 1000,
    outputTokens: 100,
    units: { web_searches: 3 },
  },
  {
    provider: 'openai',
    model: 'gpt-4o-audio-preview',
    inputTokens: 900,
    outputTokens: 300,
    units: { input_audio_tokens: 900, output_audio_tokens: 250, cache_audio_read_tokens: 0 },
  },
  { provider: 'openai', model: 'whisper-1', units: { audio_seconds: '61.5' } },
  { provider: 'own', model: 'llama', inputTokens: 10, outputTokens: 10, costUsd: '0.000000000000000000000001' },
  { provider: 'own', model: 'llama', inputTokens: 10, outputTokens: 10, costUsd: '123456789012.000000000000000001' },
  { provider: 'own', model: 'llama', inputTokens: 11, outputTokens: 10, units: { things: 2 } },
  { provider: 'own', model: 'llama', status: 'FAILED', inputTokens: 0 },
];
interface Reported {
  usage: {
    totals: {
      totalCalls: number;
      totalCostUsd: string;
      inputTokens: { total: number };
      outputTokens: { total: number };
      cachedInputTokens: number;
      cacheWriteTokens: number;
      units: { unit: string; quantity: string }[];
      cost: Record<'inputUsd' | 'cachedInputUsd' | 'cacheWriteUsd' | 'outputUsd' | 'unitsUsd' | 'unsplitUsd', string>;
    };
    buckets: { ts: string; stats: { totalCostUsd: string } }[];
    groups: { edges: { node: { values: { value: string }[]; stats: { totalCostUsd: string } } }[] };
  };
}

const days = ['2026-02-28T23:59:59.999Z', '2026-03-01T00:00:00Z', '2026-03-05T11:59:00Z'];

describeOnEachDatabase('an export in the form of FOCUS', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway(kind, { clock: () => now });
    for (const tenant of ['acme', 'Zürich']) {
      const sent = days.flatMap((occurredAt, day) =>
        calls.map((call, no) => ({ ...call, tenantId: tenant, occurredAt, requestId: `${day}-${no}` })),
      );
      const response = await fetch(`${gateway.url}/v1/calls`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${superuserKey}` },
        body: JSON.stringify(sent),
      });
      expect(await response.json()).toMatchObject({ recorded: sent.length, rejected: 0 });
    }
    await gateway.ask(Void, { tenantId: 'acme', requestId: '1-0', reason: 'must not count' });
  }, 120_000);
  afterAll(() => gateway?.close());

  async function exported(output: string, options: { from?: string; to?: string } = {}) {
    const em = gateway.database.orm.em.fork();
    const tenants = await findTenants(
      em,
      ['acme', 'Zürich'].map((id) => tenantId(id)),
    );
    const file = new PassThrough();
    const plan = planFocus({ output, ...options }, now);
    const [bytes, rows] = await Promise.all([buffer(file), exportFocus(em, plan, { tenants, output: file })]);
    return { bytes, rows };
  }

  function readCsv(bytes: Buffer): { columns: string[]; rows: FocusRow[] } {
    const [columns = [], ...records] = parse(bytes) as string[][];
    return {
      columns,
      rows: records.map((cells) => Object.fromEntries(columns.map((name, at) => [name, cells[at] || null]))),
    };
  }

  const Report = `query ($tenantId: ID!, $from: DateTime, $to: DateTime) {
    usage(tenantId: $tenantId, from: $from, to: $to, bucket: DAY, timezone: "UTC") {
      totals { totalCalls totalCostUsd inputTokens { total } outputTokens { total } cachedInputTokens cacheWriteTokens units { unit quantity }
        cost { inputUsd cachedInputUsd cacheWriteUsd outputUsd unitsUsd unsplitUsd } }
      buckets { ts stats { totalCostUsd } }
      groups(by: [{ dimension: PROVIDER }, { dimension: MODEL }]) { edges { node { values { value } stats { totalCostUsd } } } }
    }
  }`;

  const sum = (rows: readonly FocusRow[], column: string) =>
    rows.reduce((total, row) => total.plus(row[column] ?? 0), new Big(0)).toFixed();

  it('keeps every rule of the specification', async () => {
    const { bytes, rows: count } = await exported('focus.csv');
    const { columns, rows } = readCsv(bytes);
    expect(rows).toHaveLength(count);
    expect(brokenRules(columns, rows)).toEqual([]);
    // The rules themselves tell.
    expect(brokenRules(columns.slice(1), rows)).toContain('BilledCost MUST be present');
    expect(brokenRules(columns, [{ ...rows[0], BilledCost: '1,5', PricingUnit: null }])).toEqual([
      'BilledCost MUST conform to the numeric format: 1,5',
      'BilledCost MUST be a decimal: 1,5',
      'PricingUnit MUST be null when PricingQuantity is null, and MUST NOT be otherwise',
      'ContractedCost MUST match the BilledCost when there is no ContractedUnitPrice',
      'ListCost MUST match the BilledCost when there is no ListUnitPrice',
    ]);
  });

  it('adds up to the report, to the last digit', async () => {
    const { rows } = readCsv((await exported('focus.csv')).bytes);
    for (const tenant of ['acme', 'Zürich']) {
      const own = rows.filter((row) => row['BillingAccountId'] === tenant);
      const { data, errors } = await gateway.send<Reported, object>(Report, { tenantId: tenant });
      expect(errors).toEqual([]);
      const { totals, buckets, groups } = data.usage;
      expect(sum(own, 'BilledCost')).toBe(totals.totalCostUsd);
      const meter = (...names: string[]) => own.filter((row) => names.includes(row['x_Meter'] ?? ''));
      const quantity = (...names: string[]) => Number(sum(meter(...names), 'ConsumedQuantity'));
      expect(quantity('requests')).toBe(totals.totalCalls);
      expect(quantity('input_tokens', 'cache_read_tokens', 'cache_write_tokens')).toBe(totals.inputTokens.total);
      expect(quantity('cache_read_tokens')).toBe(totals.cachedInputTokens);
      expect(quantity('cache_write_tokens')).toBe(totals.cacheWriteTokens);
      expect(quantity('output_tokens')).toBe(totals.outputTokens.total);
      for (const { unit, quantity: total } of totals.units) expect(sum(meter(unit), 'ConsumedQuantity')).toBe(total);
      expect(sum(meter('input_tokens'), 'BilledCost')).toBe(totals.cost.inputUsd);
      expect(sum(meter('cache_read_tokens'), 'BilledCost')).toBe(totals.cost.cachedInputUsd);
      expect(sum(meter('cache_write_tokens'), 'BilledCost')).toBe(totals.cost.cacheWriteUsd);
      expect(sum(meter('output_tokens'), 'BilledCost')).toBe(totals.cost.outputUsd);
      expect(sum(meter(...totals.units.map(({ unit }) => unit), 'several_units'), 'BilledCost')).toBe(
        totals.cost.unitsUsd,
      );
      expect(sum(meter('requests'), 'BilledCost')).toBe(totals.cost.unsplitUsd);
      for (const { ts, stats } of buckets) {
        const ofDay = own.filter((row) => Date.parse(row['ChargePeriodStart'] ?? '') === Date.parse(ts));
        expect(sum(ofDay, 'BilledCost')).toBe(stats.totalCostUsd);
      }
      for (const { values, stats } of groups.edges.map(({ node }) => node)) {
        const [provider, model] = values.map(({ value }) => value);
        const ofModel = own.filter((row) => row['ProviderName'] === provider && row['x_Model'] === model);
        expect(sum(ofModel, 'BilledCost')).toBe(stats.totalCostUsd);
      }
    }
  });

  it('has a row for each day, model, meter and set of tags, and one for what came in one number', async () => {
    const { rows } = readCsv((await exported('focus.csv', { from: '2026-03-01', to: '2026-03-02' })).bytes);
    const own = rows.filter((row) => row['BillingAccountId'] === 'Zürich');
    const keys = own.map((row) =>
      JSON.stringify([row['SkuId'], row['Tags'], row['x_CostSource'], row['ChargePeriodStart']]),
    );
    expect(new Set(keys).size).toBe(keys.length);
    expect(new Set(own.map((row) => row['ChargePeriodStart']))).toEqual(new Set(['2026-03-01T00:00:00Z']));
    const gpt4o = own.filter((row) => row['x_Model'] === 'gpt-4o' && row['x_Meter'] === 'input_tokens');
    expect(gpt4o.map((row) => [row['Tags'], row['PricingQuantity'], row['BilledCost']])).toEqual([
      ['{"team":"a"}', '607', '0.0015175'],
      ['{"team":"b\\"ö"}', '7', '0.0000175'],
      [null, '7', '0.0000175'],
    ]);
    expect(own.filter((row) => row['x_CostSource'] === 'CALLER' && row['x_Meter'] === 'requests')).toMatchObject([
      {
        BilledCost: '123456789012.000000000000000001000001',
        PricingQuantity: '2',
        PricingUnit: 'Requests',
        ChargeDescription: 'Cost of llama as it was recorded, in one number',
      },
    ]);
    expect(own.find((row) => row['x_Meter'] === 'web_searches')).toMatchObject({
      BilledCost: '0.03',
      ConsumedQuantity: '3',
      ConsumedUnit: 'Web Searches',
    });
  });

  it('is the same in Parquet', async () => {
    const csv = readCsv((await exported('focus.csv')).bytes);
    const parquet = await readParquet((await exported('focus.parquet')).bytes);
    expect(parquet.columns).toEqual(csv.columns);
    expect(parquet.rows).toEqual(csv.rows);
    expect(brokenRules(parquet.columns, parquet.rows)).toEqual([]);
  });
});

it('asks for whole days in UTC, and for a name that tells the format', () => {
  expect(() => planFocus({ from: '2026-03-01T12:00:00Z', to: 'soon', output: 'x.json', filter: ['a=b'] }, now)).toThrow(
    [
      '--from: must be the begin of a day in UTC, like 2026-04-01',
      '--to: must be the begin of a day in UTC, like 2026-04-01',
      '--filter: a FOCUS export has all calls of its days',
      '--output: cannot tell the format from the name x.json: end it with .csv, .csv.gz or .parquet',
    ].join('\n'),
  );
  expect(() => planFocus({ from: '2026-03-02', to: '2026-03-02' }, now)).toThrow('--to: must be after --from');
  expect(planFocus({ output: 'x.parquet' }, now)).toMatchObject({ format: 'parquet', to: new Date('2026-03-06') });
  expect(planFocus({}, now)).toMatchObject({ format: 'csv', gzip: false });
});
