const summary = (tenant: string) =>
  `'${tenant}', 'MONTH', '2026-01-01', 1, 0, 0, 0, 0, 0, null, null, 0, 0, 0, 0, 0, 0, 0, 0, '', '', '', 0, 0, 0, '', 0, 0, 0, 0, 0, 0`;
const summaryColumns = `calls, failed_calls, unpriced_calls, cached_input_tokens, reasoning_tokens, duration_count,
  duration_min, duration_max, input_total, output_total, input_min, input_max, output_min, output_max,
  duration_total, cost_usd, duration_sketch, input_sketch, output_sketch, cache_write_tokens, first_token_count,
  first_token_total, first_token_sketch, input_cost_usd, cached_input_cost_usd, cache_write_cost_usd, output_cost_usd,
  units_cost_usd, cache_savings_usd`;
const summaryOf = (table: string, tenant: string, dimensions: Record<string, string> = {}) =>
  `insert into ${table} (tenant_id, grain, starts_at, ${summaryColumns}${Object.keys(dimensions)
    .map((name) => `, ${name}`)
    .join('')})
   values (${summary(tenant)}${Object.values(dimensions)
     .map((value) => `, '${value}'`)
     .join('')})`;

const batch = '01900000-0000-7000-8000-000000000001';

/** A row of each table that has a tenant, for one. */
export const rowOf: Record<string, (tenant: string) => string> = {
  tenant: (tenant) => `insert into tenant (tenant_id, name) values ('${tenant}', 'T')`,
  agent: (tenant) => `insert into agent (tenant_id, agent_id, name) values ('${tenant}', 'a', 'A')`,
  api_key: (tenant) =>
    `insert into api_key (id, tenant_id, name, secret_hash, role) values ('k-${tenant}', '${tenant}', 'K', '', 'TENANT_ADMIN')`,
  portal_user: (tenant) =>
    `insert into portal_user (id, subject, tenant_id, role, email) values ('u-${tenant}', '${tenant}', '${tenant}', 'TENANT_ADMIN', 'a@b.c')`,
  invitation: (tenant) =>
    `insert into invitation (id, tenant_id, role, email, invited_by, created_at, expires_at)
     values ('i-${tenant}', '${tenant}', 'TENANT_ADMIN', 'a@b.c', 'x', now(), now())`,
  impersonation: (tenant) =>
    `insert into impersonation (id, tenant_id, superuser, reason, token_hash, started_at, expires_at)
     values ('m-${tenant}', '${tenant}', 'x', 'x', '', now(), now())`,
  model_price: (tenant) =>
    `insert into model_price (id, tenant_id, provider, model, provider_key, model_key, effective_from,
       input_usd_per_million, output_usd_per_million)
     values ('p-${tenant}', '${tenant}', 'p', 'm', 'p', 'm', now(), 1, 1)`,
  audit_event: (tenant) =>
    `insert into audit_event (id, at, actor, action, tenant_id) values ('e-${tenant}', now(), 'x', 'x', '${tenant}')`,
  usage_call: (tenant) =>
    `insert into usage_call (tenant_id, request_id, occurred_at, provider, model, input_tokens, output_tokens,
       cached_input_tokens, cache_write_tokens, reasoning_tokens, status, cost_source, content_hash, batch_id)
     values ('${tenant}', 'r', now(), 'p', 'm', 1, 1, 0, 0, 0, 'SUCCESS', 'UNPRICED', '', '${batch}')`,
  tenant_summary: (tenant) => summaryOf('tenant_summary', tenant),
  detail_summary: (tenant) =>
    summaryOf('detail_summary', tenant, {
      agent_id: 'a',
      provider: 'p',
      model: 'm',
      channel_id: 'c',
      dimensions_hash: '',
    }),
  agent_summary: (tenant) => summaryOf('agent_summary', tenant, { agent_id: 'a' }),
  model_summary: (tenant) => summaryOf('model_summary', tenant, { provider: 'p', model: 'm' }),
  user_summary: (tenant) =>
    summaryOf('user_summary', tenant, { user_id: 'u', provider: 'p', model: 'm', dimensions_hash: '' }),
  tag_summary: (tenant) => summaryOf('tag_summary', tenant, { tag_name: 'team', tag_value: 'search' }),
  tag_name: (tenant) => `insert into tag_name (tenant_id, name, last_seen_at) values ('${tenant}', 'team', now())`,
  tag_value: (tenant) => `insert into tag_value (tenant_id, name, value) values ('${tenant}', 'team', 'search')`,
  span_link: (tenant) => `insert into span_link (tenant_id, trace_id, span_id) values ('${tenant}', 't', 's')`,
  reprice_job: (tenant) =>
    `insert into reprice_job (tenant_id, job_id, price_revision, changes, prepared) values ('${tenant}', 'j', 0, 0, true)`,
  reprice_change: (tenant) =>
    `insert into reprice_change (tenant_id, job_id, request_id, cost_source_before, cost)
     values ('${tenant}', 'j', 'r', 'UNPRICED', '{}')`,
  cost_revision: (tenant) =>
    `insert into cost_revision (tenant_id, request_id, id, at, cost_source, reason)
     values ('${tenant}', 'r', '${batch}', now(), 'UNPRICED', 'x')`,
  rollup_mark: (tenant) => `insert into rollup_mark (tenant_id) values ('${tenant}') on conflict do nothing`,
  kept_span: (tenant) => `insert into kept_span (tenant_id, until, levels) values ('${tenant}', now(), '{}')`,
  unfolded: (tenant) => `insert into unfolded (tenant_id, batch_id, calls) values ('${tenant}', '${batch}', 1)`,
  budget: (tenant) =>
    `insert into budget (tenant_id, budget_id, name, scope_values, metric, period, action, limit_amount, thresholds, zones,
       counts_from, created_at)
     values ('${tenant}', 'b', 'B', '{}', 'CALLS', 'DAY', 'NOTIFY', 1, '{1}', '[]', now(), now())`,
  budget_counter: (tenant) =>
    `insert into budget_counter (tenant_id, budget_id, period_start, value, spent) values ('${tenant}', 'b', now(), '', 1)`,
  budget_event: (tenant) =>
    `insert into budget_event (tenant_id, budget_id, period_start, value, threshold, event_id, at, spent, limit_amount)
     values ('${tenant}', 'b', now(), '', 1, gen_random_uuid(), now(), 1, 1)`,
  reservation: (tenant) =>
    `insert into reservation (tenant_id, reservation_id, status, expires_at) values ('${tenant}', 'r', 'HELD', now())`,
  budget_hold: (tenant) =>
    `insert into budget_hold (tenant_id, budget_id, value, reservation_id, amount, expires_at)
     values ('${tenant}', 'b', '', 'r', 1, now())`,
  closed_month: (tenant) =>
    `insert into closed_month (tenant_id, month, from_at, to_at, closed_at)
     values ('${tenant}', '2026-01-01', '2026-01-01', '2026-02-01', now())`,
  adjustment: (tenant) =>
    `insert into adjustment (tenant_id, at, adjustment_id, month, reason, provider, model, calls, cost_usd)
     values ('${tenant}', now(), '${batch}', '2026-01-01', 'void', 'p', 'm', -1, 0)`,
  statement_line: (tenant) =>
    `insert into statement_line (tenant_id, month, provider, model, ${summaryColumns})
     values (${summary(tenant).replace("'MONTH', '2026-01-01'", "'2026-01-01', 'p', 'm'")})`,
  statement_adjustment: (tenant) =>
    `insert into statement_adjustment (tenant_id, statement_month, adjustment_id, month, reason, provider, model, at, calls, cost_usd)
     values ('${tenant}', '2026-02-01', '${batch}', '2026-01-01', 'void', 'p', 'm', now(), -1, 0)`,
  statement_zone: (tenant) =>
    `insert into statement_zone (tenant_id, month, timezone) values ('${tenant}', '2026-01-01', 'UTC')`,
  notification_channel: (tenant) =>
    `insert into notification_channel (tenant_id, channel_id, name, kind, url, events, enabled, created_at)
     values ('${tenant}', 'c', 'C', 'SLACK', 'https://hooks.example.com', '{KEY_REVOKED}', true, now())`,
  notification_delivery: (tenant) =>
    `insert into notification_delivery (tenant_id, delivery_id, channel_id, event, at, place, data)
     values ('${tenant}', 'd', 'c', 'KEY_REVOKED', now(), 1, '{}')`,
};
