with
  summaries as (
    select
      0::int as no,
      width_bucket(
        starts_at,
        '{2025-01-01T00:00:00.000Z,2025-01-02T00:00:00.000Z,…,2026-01-01T00:00:00.000Z}'::timestamptz[]
      ) - 1 as bucket,
      calls,
      cost_usd,
      input_total,
      output_total
    from
      tenant_summary
    where
      tenant_summary.tenant_id = 'acme'
      and grain = 'DAY'::text
      and starts_at >= '2025-01-01T00:00:00.000Z'::timestamptz
      and starts_at < '2026-01-01T00:00:00.000Z'::timestamptz
  ),
  groups as (
    select
      no,
      bucket,
      sum(calls) as calls,
      sum(cost_usd) as cost_usd,
      sum(input_total) as input_total,
      sum(output_total) as output_total
    from
      summaries
    group by
      no,
      bucket
  )
select
  no,
  null::bigint as rank,
  bucket,
  calls,
  cost_usd,
  input_total,
  output_total
from
  groups
