with
  summaries as (
    select
      0::int as no,
      calls,
      cost_usd,
      input_total,
      output_total
    from
      tenant_summary
    where
      tenant_summary.tenant_id = 'acme'
      and grain = 'YEAR'::text
      and starts_at >= '2025-01-01T00:00:00.000Z'::timestamptz
      and starts_at < '2026-01-01T00:00:00.000Z'::timestamptz
  ),
  groups as (
    select
      no,
      sum(calls) as calls,
      sum(cost_usd) as cost_usd,
      sum(input_total) as input_total,
      sum(output_total) as output_total
    from
      summaries
    group by
      no
  )
select
  no,
  null::bigint as rank,
  null::int as bucket,
  calls,
  cost_usd,
  input_total,
  output_total
from
  groups
