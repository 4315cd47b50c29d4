import { IsolationLevel } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { Big } from 'big.js';
import { expect } from 'vitest';
import type { Orm } from '../../src/database/orm.ts';
import { grainsOf, listedLevels, optionalLevel, tagsOf } from '../../src/rollup/levels.ts';
import { differences } from '../reporting/differences.ts';
import { expectedBorders } from '../reporting/intl-clock.ts';
import { countOf } from './sketch-entries.ts';

/** Fails unless the stored summaries are those of the tenants' levels that the folded calls make, read one by one. */
export async function expectSummariesOfLedger(orm: Orm): Promise<void> {
  const [stored, anew] = await orm.em.fork().transactional(async (em) => [await readStored(em), await makeAnew(em)], {
    isolationLevel: IsolationLevel.REPEATABLE_READ,
  });
  expect(differences(stored, anew)).toEqual([]);
}

type Measure = 'duration' | 'first_token' | 'input' | 'output';
const measures = ['duration', 'first_token', 'input', 'output'] as const satisfies Measure[];

/** What a summary holds, numbers as text and sketches as how often there is each bucket. */
type Summary = Record<string, string | Record<string, number | string> | null>;

/** By table, tenant, grain, begin and dimensions. */
type Summaries = Record<string, Summary>;

const counted = [
  'calls',
  'failed_calls',
  'unpriced_calls',
  'cached_input_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'duration_count',
  'first_token_count',
];

type StoredRow = Record<string, string | number | null> &
  Record<`${Measure}_sketch`, Buffer> & { units: Record<string, string> | null };

async function readStored(em: SqlEntityManager): Promise<Summaries> {
  const read = async (table: string, dimensions: string) => {
    const rows = await em.execute<StoredRow[]>(
      `select *, (extract(epoch from starts_at) * 1000)::text as starts_ms,
        array_to_json(array[${dimensions}]::text[])::text as dimensions from ${table}`,
    );
    return rows.map((row) => [
      JSON.stringify([table, row['tenant_id'], row['grain'], toText(row['starts_ms']), row['dimensions']]),
      toSummary(row),
    ]);
  };
  return Object.fromEntries([
    ...(await read('tenant_summary', '')),
    ...(await read('detail_summary', 'agent_id, provider, model, channel_id')),
    ...(await read('agent_summary', 'agent_id')),
    ...(await read('model_summary', 'provider, model')),
    ...(await read('user_summary', 'user_id, provider, model')),
    ...(await read('tag_summary', 'tag_name, tag_value')),
  ]);
}

const toText = (ms: unknown) => new Date(Number(ms)).toISOString();

const toSummary = (row: StoredRow): Summary => ({
  ...Object.fromEntries(counted.map((column) => [column, String(row[column])])),
  cost_usd: new Big(row['cost_usd'] ?? Number.NaN).toFixed(),
  units: row.units,
  ...Object.fromEntries(
    measures.flatMap((measure) => [
      ...['total', 'min', 'max'].map((part) => [`${measure}_${part}`, textOrNull(row[`${measure}_${part}`])]),
      [`${measure}_sketch`, Object.fromEntries(countOf(row[`${measure}_sketch`]))],
    ]),
  ),
});

const textOrNull = (value: unknown) => (value === null ? null : String(value));

interface Call {
  tenant_id: string;
  at_ms: string;
  dimensions: string;
  user_id: string;
  tags: Record<string, string> | null;
  units: Record<string, string> | null;
  failed: boolean;
  cost_usd: string | null;
  cached: number;
  written: number;
  reasoning: number;
  /** Values, and the buckets that sketches count them in, of the duration, the time to the first token, the input and the output tokens. */
  values: (number | null)[];
  buckets: (number | null)[];
}

const waits = (column: string) =>
  `exists (select from unfolded where unfolded.tenant_id = usage_call.tenant_id and unfolded.batch_id = usage_call.${column})`;

async function makeAnew(em: SqlEntityManager): Promise<Summaries> {
  const calls = await em.execute<Call[]>(`
    select usage_call.tenant_id, (extract(epoch from occurred_at) * 1000)::text as at_ms,
      array_to_json(array[coalesce(agent_id, ''), provider, model, coalesce(channel_id, 'unknown')])::text as dimensions,
      status = 'FAILED' as failed, cost_usd::text, cached_input_tokens as cached, cache_write_tokens as written, coalesce(user_id, '') as user_id, tags, units, reasoning_tokens as reasoning,
      json_build_array(duration_ms, time_to_first_token_ms, input_tokens, output_tokens) as values,
      json_build_array(sketch_bucket(duration_ms), sketch_bucket(time_to_first_token_ms), sketch_bucket(input_tokens), sketch_bucket(output_tokens)) as buckets
    from usage_call
    where not ${waits('batch_id')} and (void_batch_id is null or ${waits('void_batch_id')})`);
  const marks = await em.execute<Mark[]>('select tenant_id, levels, clock from rollup_mark');
  const markOf = new Map(marks.map((mark) => [mark.tenant_id, mark]));
  const keyed = calls.flatMap((call) => keysOf(call, markOf.get(call.tenant_id)).map((key) => ({ key, call })));
  return Object.fromEntries(
    [...Map.groupBy(keyed, ({ key }) => key)].map(([key, members]) => [
      key,
      summarise(members.map(({ call }) => call)),
    ]),
  );
}

interface Mark {
  tenant_id: string;
  levels: string[];
  clock: string | null;
}

const always = new Set<string>(
  listedLevels.flatMap((level) => grainsOf(level, []).map((grain) => optionalLevel(level, grain))),
);

/** Of each summary that a call belongs to, as far as its tenant has it. */
function keysOf({ tenant_id, at_ms, dimensions, user_id, tags }: Call, mark: Mark | undefined): string[] {
  const at = toText(at_ms);
  const [zone = 'UTC'] = mark?.clock?.split(' ') ?? [];
  const localStart = (unit: 'DAY' | 'MONTH') =>
    toText(expectedBorders(Number(at_ms), Number(at_ms) + 1, unit, zone)[0]);
  const begins = [
    ['HOUR', `${at.slice(0, 13)}:00:00.000Z`],
    ['DAY', `${at.slice(0, 10)}T00:00:00.000Z`],
    ['MONTH', `${at.slice(0, 7)}-01T00:00:00.000Z`],
    ['YEAR', `${at.slice(0, 4)}-01-01T00:00:00.000Z`],
    ['LOCAL_DAY', localStart('DAY')],
    ['LOCAL_MONTH', localStart('MONTH')],
  ] as const;
  const [agent, provider, model] = JSON.parse(dimensions);
  const tables = [
    ['tenant', []],
    ['detail', JSON.parse(dimensions)],
    ['agent', [agent]],
    ['model', [provider, model]],
    ['user', [user_id, provider, model]],
    ...tagsOf(mark?.levels ?? []).map((tag) => [`tag:${tag}`, [tag, tags?.[tag] ?? '']] as const),
  ] as const;
  return tables.flatMap(([name, of]) =>
    begins.flatMap(([grain, begin]) => {
      const [table = '', tag] = name.split(':');
      const code = `${[table.toUpperCase(), ...(tag === undefined ? [] : [tag])].join(':')}_${grain}`;
      const isThere = mark?.levels.includes(code) || always.has(code);
      return isThere ? [JSON.stringify([`${table}_summary`, tenant_id, grain, begin, JSON.stringify(of)])] : [];
    }),
  );
}

function unitsOf(calls: readonly Call[]): Record<string, string> | null {
  const sums: Record<string, string> = {};
  for (const [unit, quantity] of calls.flatMap(({ units }) => Object.entries(units ?? {})))
    sums[unit] = new Big(sums[unit] ?? 0).plus(quantity).toFixed();
  return Object.keys(sums).length > 0 ? sums : null;
}

function summarise(calls: readonly Call[]): Summary {
  const sum = (values: readonly number[]) => String(values.reduce((total, value) => total + BigInt(value), 0n));
  const present = (values: readonly (number | null | undefined)[]) =>
    values.filter((value): value is number => typeof value === 'number');
  const distribution = (measure: Measure, index: number) => {
    const values = present(calls.map((call) => call.values[index])).toSorted((a, b) => a - b);
    const buckets = present(calls.map((call) => call.buckets[index]));
    return [
      [`${measure}_total`, sum(values)],
      [`${measure}_min`, textOrNull(values[0] ?? null)],
      [`${measure}_max`, textOrNull(values.at(-1) ?? null)],
      [
        `${measure}_sketch`,
        Object.fromEntries(
          [...Map.groupBy(buckets, (bucket) => bucket)].map(([bucket, same]) => [bucket, same.length]),
        ),
      ],
    ];
  };
  return {
    calls: String(calls.length),
    failed_calls: String(calls.filter(({ failed }) => failed).length),
    unpriced_calls: String(calls.filter(({ cost_usd }) => cost_usd === null).length),
    cached_input_tokens: sum(calls.map(({ cached }) => cached)),
    cache_write_tokens: sum(calls.map(({ written }) => written)),
    reasoning_tokens: sum(calls.map(({ reasoning }) => reasoning)),
    duration_count: String(calls.filter(({ values: [duration] }) => duration !== null).length),
    first_token_count: String(calls.filter(({ values: [, firstToken] }) => firstToken !== null).length),
    units: unitsOf(calls),
    cost_usd: calls.reduce((cost, call) => cost.plus(call.cost_usd ?? 0), new Big(0)).toFixed(),
    ...Object.fromEntries(measures.flatMap(distribution)),
  };
}
