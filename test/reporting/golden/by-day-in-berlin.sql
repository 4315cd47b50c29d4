with
  groups as (
    select
      0::int as no,
      width_bucket(
        starts_at,
        '{2024-12-31T23:00:00.000Z,2025-01-01T23:00:00.000Z,…,2025-12-31T23:00:00.000Z}'::timestamptz[]
      ) - 1 as bucket,
      calls,
      cost_usd,
      input_total,
      output_total
    from
      tenant_summary
    where
      tenant_summary.tenant_id = 'acme'
      and grain = 'LOCAL_DAY'::text
      and starts_at >= '2024-12-31T23:00:00.000Z'::timestamptz
      and starts_at < '2025-12-31T23:00:00.000Z'::timestamptz
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
