with
  groups as (
    select
      0::int as no,
      div(
        extract(
          epoch
          from
            starts_at
        ) * 1000 - 1735689600000::bigint,
        86400000::bigint
      )::int as bucket,
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
