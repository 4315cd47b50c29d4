import type { Client } from 'pg';

/** The window that the calls are spread over. */
export const year = { from: '2025-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' };

const tenants = 200;
const agentsPerTenant = 40;
const usersPerTenant = 1000;
const rowsPerStatement = 200_000;

/** The tenant with most calls, and what most of its first agent's calls name. Ids sort before the gateway's "bench". */
export const biggest = {
  tenant: 'account-000',
  timezone: 'Europe/Berlin',
  agent: 'agent-00',
  provider: 'openai',
  user: 'user-000',
};

/** Each with its USD for an input and an output token. */
const models = [
  ['openai', 'gpt-4o', '0.0000025', '0.00001'],
  ['anthropic', 'claude-3-5-sonnet-20241022', '0.000003', '0.000015'],
  ['google', 'gemini-2.5-flash', '0.0000003', '0.0000025'],
  ['mistral', 'mistral-small-latest', '0.0000001', '0.0000003'],
  ['openai', 'gpt-4o-mini', '0.00000015', '0.0000006'],
  ['anthropic', 'claude-3-5-haiku-20241022', '0.0000008', '0.000004'],
  ['google', 'gemini-2.5-pro', '0.00000125', '0.00001'],
  ['mistral', 'mistral-large-latest', '0.000002', '0.000006'],
] as const;

const channels = ['web', 'api', 'slack', 'email'];

/** SQL for a number in (0, 1) that a call's number `i` and the draw decide: the same on every machine. */
const random = (draw: number) => `((hashint8extended(i, ${draw}) & 2147483647) + 0.5::float8) / 2147483648`;

/** Calls that are recorded together, of all tenants. */
const callsABatch = 10_000;

/** Batch of a call, by its number. */
const batchOf = (i: string) => `('01900000-0000-7000-8000-' || lpad(to_hex(${i} / ${callsABatch}), 12, '0'))::uuid`;

/** One of `count`, the first ones more often. */
const skewed = (count: number, draw: number) => `floor(${count} * power(${random(draw)}, 1.5))::int`;

/** Log-normal around a median, as lengths and durations are; by the Box-Muller transform. */
const logNormal = (median: number, sigma: number, draw: number) =>
  `(${median} * exp(${sigma} * sqrt(-2 * ln(${random(draw)})) * cos(2 * pi() * ${random(draw + 1)})))`;

/** Shares of the tenants added up, the n-th with 1/n of the first one's (Zipf): the first has 17 %. */
function zipfBorders(): number[] {
  const weights = Array.from({ length: tenants }, (_, rank) => 1 / (rank + 1));
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return [0, ...weights.map((weight) => (sum += weight / whole)).slice(0, -1)];
}

const numbered = (prefix: string, digits: number, no: string) => `'${prefix}-' || lpad((${no})::text, ${digits}, '0')`;
const list = (values: readonly string[], type: string) => `(array['${values.join("', '")}'])::${type}[]`;
const ofModel = (column: 0 | 1 | 2 | 3, type: string) =>
  `(${list(
    models.map((model) => model[column]),
    type,
  )})[model_no + 1]`;

// Calls come in the order of time, but for 3 in 100, which come up to a week late. An agent makes 9 of 10 calls with its
// own model on its own channel. Every call has a team and an environment; each tenth has a trace of its own.
const insert = `
  with drawn as (
    select i, width_bucket(${random(1)}, $5::float8[]) - 1 as tenant_no, ${skewed(agentsPerTenant, 2)} as agent_no,
      (i - $1 + ${random(3)}) / ($2 - $1)::float8 * ($7::timestamptz - $6::timestamptz) as since_begin,
      case when ${random(4)} < 0.03 then ${random(5)} * interval '7 days' else interval '0' end as late_by,
      ${random(6)} < 0.9 as usual,
      least(${logNormal(1000, 1.1, 7)}, 1000000)::int as input_tokens,
      least(${logNormal(200, 0.9, 9)}, 100000)::int as output_tokens,
      ${logNormal(1500, 0.8, 11)}::bigint as duration_ms
    from generate_series($3::bigint, $4::bigint) as i
  ), placed as (
    select *, case when usual then (tenant_no * 5 + agent_no * 3) % ${models.length}
        else floor(${models.length} * ${random(13)})::int end as model_no,
      case when usual then (tenant_no + agent_no) % ${channels.length}
        else floor(${channels.length} * ${random(14)})::int end as channel_no,
      ${random(15)} < 0.01 as unpriced
    from drawn
  )
  insert into usage_call (tenant_id, request_id, occurred_at, agent_id, provider, model, operation, channel_id, user_id,
    input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens, duration_ms, status,
    cost_usd, cost_source, price_id, content_hash, batch_id, tags)
  select ${numbered('account', 3, 'tenant_no')}, md5(i::text)::uuid::text,
    greatest($6::timestamptz, $6::timestamptz + since_begin - late_by), ${numbered('agent', 2, 'agent_no')},
    ${ofModel(0, 'text')}, ${ofModel(1, 'text')}, 'chat', (${list(channels, 'text')})[channel_no + 1],
    ${numbered('user', 3, skewed(usersPerTenant, 16))}, input_tokens, output_tokens,
    case when ${random(17)} < 0.3 then floor(input_tokens * ${random(18)})::int else 0 end, 0,
    case when ${random(19)} < 0.2 then floor(output_tokens * ${random(20)})::int else 0 end,
    case when ${random(21)} >= 0.01 then duration_ms end,
    case when ${random(22)} < 0.01 then 'FAILED' else 'SUCCESS' end,
    case when not unpriced then input_tokens * ${ofModel(2, 'numeric')} + output_tokens * ${ofModel(3, 'numeric')} end,
    case when unpriced then 'UNPRICED' else 'CATALOGUE' end,
    case when not unpriced then 'bench' end, sha256(i::text::bytea), ${batchOf('i')},
    jsonb_build_object('team', 'team-' || agent_no % 8,
      'environment', case when ${random(23)} < 0.8 then 'production' else 'staging' end)
      || case when i % 10 = 0 then jsonb_build_object('trace', md5(i::text)) else '{}' end
  from placed`;

const wait = `
  insert into unfolded (tenant_id, batch_id, calls)
  select tenant_id, batch_id, count(*)
  from generate_series($1::bigint, $2::bigint, ${callsABatch}) as i
  join usage_call on batch_id = ${batchOf('i')}
  group by 1, 2`;

/**
 * Adds the calls with the numbers [from, to) to a migrated ledger, the year once through, and the tenants and agents that
 * they name. Deterministic: a call's number decides what it is, and the load where in the year it stands.
 */
export async function loadCalls(client: Client, from: number, to: number): Promise<void> {
  await client.query(
    `insert into tenant (tenant_id, name) select ${numbered('account', 3, 't')}, 'Account ' || t
     from generate_series(0, $1::int - 1) as t on conflict do nothing`,
    [tenants],
  );
  await client.query('update tenant set timezone = $1 where tenant_id = $2', [biggest.timezone, biggest.tenant]);
  await client.query('insert into rollup_mark (tenant_id) select tenant_id from tenant on conflict do nothing');
  await client.query(
    `insert into agent (tenant_id, agent_id, name)
     select ${numbered('account', 3, 't')}, ${numbered('agent', 2, 'a')}, 'Agent ' || a
     from generate_series(0, $1::int - 1) as t, generate_series(0, $2::int - 1) as a on conflict do nothing`,
    [tenants, agentsPerTenant],
  );
  const borders = zipfBorders();
  for (let first = from; first < to; first += rowsPerStatement) {
    const last = Math.min(first + rowsPerStatement, to) - 1;
    await client.query('begin');
    await client.query(insert, [from, to, first, last, borders, year.from, year.to]);
    await client.query(wait, [first, last]);
    await client.query('commit');
  }
}

/** Leaves statistics, visibility and dirty pages as they are on a server that had the time for it. */
export async function settle(client: Client): Promise<void> {
  await client.query('vacuum analyze');
  await client.query('checkpoint');
}
