// What a report query selects of each group of calls, as paths into `UsageStats`; read from the ledger and from the gateway.

const counted = {
  totalCalls: 'count(*)',
  failedCalls: `count(*) filter (where status = 'FAILED')`,
  totalCostUsd: 'coalesce(sum(cost_usd), 0)',
  unpricedCalls: 'count(*) filter (where cost_usd is null)',
  totalTokens: 'sum(input_tokens + output_tokens)',
  cachedInputTokens: 'sum(cached_input_tokens)',
  reasoningTokens: 'sum(reasoning_tokens)',
} as const;

const measures = { callDurationMs: 'duration_ms', inputTokens: 'input_tokens', outputTokens: 'output_tokens' } as const;

const shares = { p5: 0.05, p50: 0.5, p95: 0.95, p99: 0.99 } as const;

type Counted = keyof typeof counted;
type Measure = keyof typeof measures;
type Share = keyof typeof shares;
type Exact = 'avg' | 'min' | 'max' | 'total';

export type Path = Counted | `${Measure}.${Share | Exact}`;

const measureNames: readonly Measure[] = ['callDurationMs', 'inputTokens', 'outputTokens'];
const shareNames: readonly Share[] = ['p5', 'p50', 'p95', 'p99'];

/** What a chart or a table shows. */
export const basics: readonly Path[] = ['totalCalls', 'failedCalls', 'totalCostUsd', 'totalTokens'];

/** Everything that is counted. */
export const everything: readonly Path[] = [
  ...basics,
  'unpricedCalls',
  'cachedInputTokens',
  'reasoningTokens',
  ...measureNames.flatMap((measure): Path[] => [
    ...(['avg', 'min', 'max'] as const).map((name): Path => `${measure}.${name}`),
    ...(measure === 'callDurationMs' ? [] : [`${measure}.total` as const]),
    ...shareNames.map((name): Path => `${measure}.${name}`),
  ]),
];

const under = <Name extends string>(asked: readonly Path[], measure: Measure, names: readonly Name[]) =>
  names.filter((name) => asked.some((path) => path === `${measure}.${name}`));

/** The fields of a `UsageStats` selection. */
export function selectionOf(asked: readonly Path[]): string {
  const plain = asked.filter((path) => path in counted);
  const nested = measureNames.flatMap((measure) => {
    const names = under(asked, measure, ['avg', 'min', 'max', 'total', ...shareNames]);
    return names.length > 0 ? [`${measure} { ${names.join(' ')} }`] : [];
  });
  return [...plain, ...nested].join(' ');
}

const exactSql: Record<Exact, string> = { avg: 'avg', min: 'min', max: 'max', total: 'sum' };

/** A select list for it. A measure's percentiles are one array, as one sort serves them all. */
export function columnsOf(asked: readonly Path[]): string {
  const plain = Object.entries(counted).filter(([name]) => asked.some((path) => path === name));
  const nested = measureNames.flatMap((measure) => {
    const column = measures[measure];
    const exact = under(asked, measure, ['avg', 'min', 'max', 'total']);
    const wanted = under(asked, measure, shareNames);
    return [
      ...exact.map((name) => `${exactSql[name]}(${column}) as "${measure}.${name}"`),
      ...(wanted.length > 0
        ? [
            `percentile_disc(array[${wanted.map((name) => shares[name]).join(', ')}])
               within group (order by ${column}) as "${measure}.percentiles"`,
          ]
        : []),
    ];
  });
  return [...plain.map(([name, sql]) => `${sql} as "${name}"`), ...nested].join(', ');
}

/** Values by path; counts and sums as text where they may be large. */
export type Values = ReadonlyMap<Path, string | number>;

/** Of a row of {@link columnsOf}. */
export function valuesOfRow(asked: readonly Path[], row: Record<string, unknown>): Values {
  return new Map(
    asked.map((path) => {
      const [measure = '', name = ''] = path.split('.');
      const wanted = shareNames.filter((share) => asked.some((path) => path === `${measure}.${share}`));
      const percentiles = row[`${measure}.percentiles`];
      const place = wanted.findIndex((share) => share === name);
      return [path, scalar(place >= 0 && Array.isArray(percentiles) ? percentiles[place] : row[path])];
    }),
  );
}

/** Of a `UsageStats` of an answer. */
export const valuesOfStats = (asked: readonly Path[], stats: object): Values =>
  new Map(asked.map((path) => [path, scalar(path.split('.').reduce<unknown>(child, stats))]));

const child = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? new Map<string, unknown>(Object.entries(value)).get(name) : undefined;

const scalar = (value: unknown): string | number =>
  typeof value === 'number' || typeof value === 'string' ? value : String(value);
