import { basics, columnsOf, everything, selectionOf, type Path } from './report-stats.ts';
import { biggest, year } from './skewed-ledger.ts';

/** One report, as queried from the gateway, from the ledger, and, as closely as possible, from PostGraphile. */
export interface BenchQuery {
  name: string;
  /** Whose key it is asked with: the biggest tenant's, unless it is about all tenants. */
  asker?: 'superuser';
  /** How many times as fast as plain SQL the gateway has to be. */
  target: number;
  /** What is asked of each group. */
  asked: readonly Path[];
  gateway: string;
  /** Columns that are not asked paths are the group's key. */
  plain: { text: string; values: readonly unknown[] };
  postgraphile?: { query: string; timezone?: string; misses?: string };
  /** The rows of summaries that the answer is made of, as a bare select: what no report can be faster than. */
  floor?: string;
}

interface Window {
  from: string;
  to: string;
}

const days = (zone: string) => `date_trunc('day', occurred_at, '${zone}')`;
const berlinYear = { from: '2025-01-01T00:00:00+01:00', to: '2026-01-01T00:00:00+01:00' };
const june = { from: '2025-06-01T00:00:00Z', to: '2025-07-01T00:00:00Z' };
const raggedWeek = { from: '2025-06-10T09:17:23.456Z', to: '2025-06-17T14:41:05.789Z' };

/** A report of the biggest tenant. */
const usage = ({ from, to }: Window, part: string, args = '') =>
  `usage(tenantId: "${biggest.tenant}", from: "${from}", to: "${to}" ${args}) { ${part} }`;

const buckets = (asked: readonly Path[]) => `buckets { ts stats { ${selectionOf(asked)} } }`;

/** Its summaries of a grain, as rows or added up. */
function floor(table: string, grain: string, { from, to }: Window, group = ''): string {
  const sums = ['calls', 'failed_calls', 'cost_usd', 'input_total', 'output_total'].map((column) => `sum(${column})`);
  return `select ${[group, ...sums].filter(Boolean).join(', ')} from ${table}
    where tenant_id = '${biggest.tenant}' and grain = '${grain}' and starts_at >= '${from}' and starts_at < '${to}'
    ${group && `group by ${group}`}`;
}

/** Its calls in the ledger, grouped by expressions with a name each. */
function plain({ from, to }: Window, asked: readonly Path[], groups: Record<string, string> = {}, filters = {}) {
  const keys = Object.entries(groups).map(([name, sql]) => `${sql} as "${name}", `);
  const conditions = Object.keys(filters).map((column, index) => ` and ${column} = $${index + 4}`);
  return {
    text: `select ${keys.join('')} ${columnsOf(asked)} from usage_call
      where tenant_id = $1 and occurred_at >= $2 and occurred_at < $3 and voided_at is null ${conditions.join('')}
      ${keys.length > 0 ? `group by ${keys.map((_, index) => index + 1).join(', ')}` : ''}`,
    values: [biggest.tenant, from, to, ...Object.values(filters)],
  };
}

interface Condition {
  window: Window;
  /** Further ones, as fields of the filter. */
  more?: string;
  tenant?: string | null;
}

const calls = ({ window: { from, to }, more = '', tenant = biggest.tenant }: Condition, part: string) =>
  `allUsageCalls(filter: { ${tenant ? `tenantId: { equalTo: "${tenant}" }` : ''}
     occurredAt: { greaterThanOrEqualTo: "${from}", lessThan: "${to}" } voidedAt: { isNull: true } ${more} }) { ${part} }`;

// It has no count of a group's calls but `count(distinct …)`, which sorts. A sum divided by its average is much cheaper.
const countable = 'sum { inputTokens } average { inputTokens }';
const sums = 'sum { costUsd inputTokens outputTokens } average { inputTokens }';
const grouped = (by: string, part: string) => `groupedAggregates(groupBy: [${by}]) { keys ${part} }`;
const failed = 'status: { equalTo: "FAILED" }';
const unpriced = 'costUsd: { isNull: true }';

/** Groups with cost, tokens and calls, and in a list of their own the failed calls. */
const groupsWithFailed = (condition: Condition, by: string) => `{
  calls: ${calls(condition, grouped(by, sums))}
  failed: ${calls({ ...condition, more: `${condition.more ?? ''} ${failed}` }, grouped(by, countable))}
}`;

const wholeSums = `
  sum { costUsd inputTokens outputTokens cachedInputTokens reasoningTokens }
  average { durationMs inputTokens outputTokens }
  min { durationMs inputTokens outputTokens }
  max { durationMs inputTokens outputTokens }`;

const wholeTotals = (condition: Condition, by?: string) => `{
  calls: ${calls(condition, `totalCount aggregates { ${wholeSums} } ${by ? grouped(by, wholeSums) : ''}`)}
  failed: ${calls({ ...condition, more: failed }, `totalCount ${by ? grouped(by, countable) : ''}`)}
  unpriced: ${calls({ ...condition, more: unpriced }, `totalCount ${by ? grouped(by, countable) : ''}`)}
}`;

const byAgent: readonly Path[] = ['totalCalls', 'totalCostUsd'];
const byModel: readonly Path[] = ['totalCalls', 'totalCostUsd', 'callDurationMs.p95'];

const oneAgent = `agentId: { equalTo: "${biggest.agent}" } provider: { equalTo: "${biggest.provider}" }`;

const daysOfJune = Array.from({ length: 30 }, (_, index) => new Date(Date.parse(june.from) + index * 86_400_000));

/** Half as long as the year: it begins where its first half ends. */
const secondHalf = {
  from: new Date((Date.parse(year.from) + Date.parse(year.to)) / 2).toISOString(),
  to: year.to,
};

/** The dearest groups, as many as a page has at most. */
const groups = (by: string, asked: readonly Path[]) =>
  `groups(by: ${by}, first: 1000) { edges { node { values { value } stats { ${selectionOf(asked)} } } } }`;

const first = ({ text, values }: BenchQuery['plain']) => ({
  text: `${text} order by "totalCostUsd" desc limit 1000`,
  values,
});

/** An alias that tells its day. */
const aliasOf = (day: Date) => `on_${day.toISOString().slice(0, 10).replaceAll('-', '_')}`;

/** The day of such an alias, as it stands in answers; undefined for other ones. */
export function dayOfAlias(alias: string): string | undefined {
  const [, date] = /^on_(.*)$/.exec(alias) ?? [];
  return date && `${date.replaceAll('_', '-')}T00:00:00.000Z`;
}

// As a query of its own, the total runs in parallel with the rest; grouping sets took a quarter more time.
const ofAll = 'from usage_call where occurred_at >= $1 and occurred_at < $2 and voided_at is null';

/** Three reports in one, as in README: over all history until now, so that it begins with the first call. */
const readme: BenchQuery = {
  name: "README's report: all history by day and by agent",
  target: 100,
  asked: byAgent,
  gateway: `{ report: usage(tenantId: "${biggest.tenant}", bucket: DAY, timezone: "Europe/Berlin") {
    totals { totalCalls totalCostUsd callDurationMs { p50 p95 } }
    buckets { ts stats { totalCalls totalCostUsd } }
    byAgent(first: 100) { agentId agent { name } stats { totalCalls totalCostUsd } }
    filtersApplied { from to timezone }
  } }`,
  plain: {
    text: [
      `null::text as key, ${columnsOf(byAgent)}, percentile_disc(array[0.5, 0.95]) within group (order by duration_ms)
        as "callDurationMs.percentiles"`,
      `to_char(${days('Europe/Berlin')} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), ${columnsOf(byAgent)}, null`,
      `agent_id, ${columnsOf(byAgent)}, null`,
    ]
      .map(
        (columns, index) => `select ${columns} from usage_call where tenant_id = $1 and voided_at is null
          ${index > 0 ? `group by ${index === 1 ? days('Europe/Berlin') : 'agent_id'}` : ''}`,
      )
      .join(' union all '),
    values: [biggest.tenant],
  },
};

export const benchQueries: readonly BenchQuery[] = [
  readme,
  {
    name: 'totals',
    target: 600,
    asked: basics,
    gateway: `{ report: ${usage(year, `totals { ${selectionOf(basics)} }`)} }`,
    plain: plain(year, basics),
    postgraphile: { query: wholeTotals({ window: year }) },
    floor: floor('tenant_summary', 'YEAR', year),
  },
  {
    name: 'totals with all percentiles',
    target: 500,
    asked: everything,
    gateway: `{ report: ${usage(year, `totals { ${selectionOf(everything)} }`)} }`,
    plain: plain(year, everything),
    postgraphile: { query: wholeTotals({ window: year }), misses: 'percentiles' },
  },
  {
    name: 'by UTC day',
    target: 200,
    asked: basics,
    gateway: `{ report: ${usage(year, buckets(basics), 'bucket: DAY, timezone: "UTC"')} }`,
    plain: plain(year, basics, { ts: days('UTC') }),
    postgraphile: { query: groupsWithFailed({ window: year }, 'OCCURRED_AT_TRUNCATED_TO_DAY') },
    floor: floor('tenant_summary', 'DAY', year, 'starts_at'),
  },
  {
    name: 'by day in Europe/Berlin',
    target: 120,
    asked: basics,
    gateway: `{ report: ${usage(berlinYear, buckets(basics), 'bucket: DAY, timezone: "Europe/Berlin"')} }`,
    plain: plain(berlinYear, basics, { ts: days('Europe/Berlin') }),
    postgraphile: {
      query: groupsWithFailed({ window: berlinYear }, 'OCCURRED_AT_TRUNCATED_TO_DAY'),
      timezone: 'Europe/Berlin',
    },
    floor: floor('tenant_summary', 'LOCAL_DAY', berlinYear, 'starts_at'),
  },
  {
    name: 'by agent',
    target: 500,
    asked: basics,
    gateway: `{ report: ${usage(year, `byAgent { agentId stats { ${selectionOf(basics)} } }`)} }`,
    plain: plain(year, basics, { agentId: 'agent_id' }),
    postgraphile: { query: groupsWithFailed({ window: year }, 'AGENT_ID') },
    floor: floor('agent_summary', 'MONTH', year, 'agent_id'),
  },
  {
    name: 'by model with p95',
    target: 50,
    asked: byModel,
    gateway: `{ report: ${usage(year, `byModel { provider model stats { ${selectionOf(byModel)} } }`)} }`,
    plain: plain(year, byModel, { provider: 'provider', model: 'model' }),
    postgraphile: { query: `{ ${calls({ window: year }, grouped('PROVIDER, MODEL', sums))} }`, misses: 'p95' },
  },
  {
    name: 'one agent and provider, by month',
    target: 10,
    asked: basics,
    gateway: `{ report: ${usage(
      year,
      buckets(basics),
      `bucket: MONTH, timezone: "UTC", filters: { agentId: ["${biggest.agent}"], provider: ["${biggest.provider}"] }`,
    )} }`,
    plain: plain(
      year,
      basics,
      { ts: `date_trunc('month', occurred_at, 'UTC')` },
      { agent_id: biggest.agent, provider: biggest.provider },
    ),
    postgraphile: {
      query: groupsWithFailed({ window: year, more: oneAgent }, 'OCCURRED_AT_TRUNCATED_TO_DAY'),
      misses: 'months, gives days',
    },
  },
  {
    name: 'June by day, each with byAgent',
    target: 6,
    asked: byAgent,
    gateway: `{ ${daysOfJune
      .map((day) => {
        const window = { from: day.toISOString(), to: new Date(day.getTime() + 86_400_000).toISOString() };
        return `${aliasOf(day)}: ${usage(window, `byAgent { agentId stats { ${selectionOf(byAgent)} } }`)}`;
      })
      .join('\n')} }`,
    plain: plain(june, byAgent, { ts: days('UTC'), agentId: 'agent_id' }),
    postgraphile: { query: `{ ${calls({ window: june }, grouped('OCCURRED_AT_TRUNCATED_TO_DAY, AGENT_ID', sums))} }` },
  },
  {
    name: 'all tenants and grand total',
    asker: 'superuser',
    target: 150,
    asked: basics,
    gateway: `{ report: allUsage(from: "${year.from}", to: "${year.to}") {
      tenants(first: 200) { edges { node { tenant { id } stats { ${selectionOf(basics)} } } } }
      total { ${selectionOf(basics)} }
    } }`,
    plain: {
      text: `select tenant_id as "tenantId", ${columnsOf(basics)} ${ofAll} group by tenant_id
        union all select null, ${columnsOf(basics)} ${ofAll}`,
      values: [year.from, year.to],
    },
    postgraphile: { query: wholeTotals({ window: year, tenant: null }, 'TENANT_ID') },
  },
  {
    name: 'all tenants with percentiles and grand total',
    asker: 'superuser',
    target: 200,
    asked: everything,
    gateway: `{ report: allUsage(from: "${year.from}", to: "${year.to}") {
      tenants(first: 200) { edges { node { tenant { id } stats { ${selectionOf(everything)} } } } }
      total { ${selectionOf(everything)} }
    } }`,
    plain: {
      text: `select tenant_id as "tenantId", ${columnsOf(everything)} ${ofAll} group by tenant_id
        union all select null, ${columnsOf(everything)} ${ofAll}`,
      values: [year.from, year.to],
    },
    postgraphile: { query: wholeTotals({ window: year, tenant: null }, 'TENANT_ID'), misses: 'percentiles' },
  },
  {
    name: 'by day and model, top five and others',
    target: 40,
    asked: byAgent,
    gateway: `{ report: ${usage(
      year,
      `groups(by: [{ dimension: MODEL }], first: 5) {
        edges { node { values { value } buckets { ts stats { ${selectionOf(byAgent)} } } } }
        others { buckets { ts stats { ${selectionOf(byAgent)} } } }
      }`,
      'bucket: DAY, timezone: "UTC"',
    )} }`,
    plain: {
      text: `with own as (
          select occurred_at, model, cost_usd from usage_call
          where tenant_id = $1 and occurred_at >= $2 and occurred_at < $3 and voided_at is null
        ), top as (select model from own group by model order by sum(cost_usd) desc limit 5)
        select ${days('UTC')} as ts, case when model in (select model from top) then model else 'others' end as model,
          ${columnsOf(byAgent)}
        from own group by 1, 2`,
      values: [biggest.tenant, year.from, year.to],
    },
  },
  {
    name: 'by a tag',
    target: 20,
    asked: basics,
    gateway: `{ report: ${usage(year, groups('[{ tag: "team" }]', basics))} }`,
    plain: plain(year, basics, { team: `tags ->> 'team'` }),
  },
  {
    name: 'June by user and model',
    target: 3,
    asked: byAgent,
    gateway: `{ report: ${usage(june, groups('[{ dimension: USER }, { dimension: MODEL }]', byAgent))} }`,
    plain: first(plain(june, byAgent, { userId: 'user_id', model: 'model' })),
  },
  {
    name: 'by agent, provider and channel',
    target: 40,
    asked: byAgent,
    gateway: `{ report: ${usage(year, groups('[{ dimension: AGENT }, { dimension: PROVIDER }, { dimension: CHANNEL }]', byAgent))} }`,
    plain: first(plain(year, byAgent, { agentId: 'agent_id', provider: 'provider', channelId: 'channel_id' })),
  },
  {
    name: 'half a year and the half before',
    target: 100,
    asked: basics,
    gateway: `{ report: ${usage(
      secondHalf,
      `totals { ${selectionOf(basics)} } compare(to: PREVIOUS_PERIOD) { totals { ${selectionOf(basics)} } }`,
      'timezone: "UTC"',
    )} }`,
    plain: plain(year, basics, {
      half: `case when occurred_at < '${secondHalf.from}' then 'before' else 'now' end`,
    }),
  },
  {
    name: 'a ragged week by hour, filter on a user',
    target: 1,
    asked: basics,
    gateway: `{ report: ${usage(raggedWeek, buckets(basics), `bucket: HOUR, timezone: "UTC", filters: { userId: ["${biggest.user}"] }`)} }`,
    plain: plain(raggedWeek, basics, { ts: `date_trunc('hour', occurred_at, 'UTC')` }, { user_id: biggest.user }),
    postgraphile: {
      query: groupsWithFailed(
        { window: raggedWeek, more: `userId: { equalTo: "${biggest.user}" }` },
        'OCCURRED_AT_TRUNCATED_TO_HOUR',
      ),
    },
  },
];
