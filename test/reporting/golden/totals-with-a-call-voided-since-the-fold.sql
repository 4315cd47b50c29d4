with
  summaries as (
    select
      0::int as no,
      calls,
      cost_usd,
      input_total,
      output_total
    from
      (
        values
          ('MONTH'::text, '2025-01-01T00:00:00.000Z'::timestamptz, '2025-06-01T00:00:00.000Z'::timestamptz),
          ('DAY'::text, '2025-06-01T00:00:00.000Z'::timestamptz, '2025-06-10T00:00:00.000Z'::timestamptz),
          ('HOUR'::text, '2025-06-10T00:00:00.000Z'::timestamptz, '2025-06-10T09:00:00.000Z'::timestamptz),
          ('HOUR'::text, '2025-06-10T10:00:00.000Z'::timestamptz, '2025-06-11T00:00:00.000Z'::timestamptz),
          ('DAY'::text, '2025-06-11T00:00:00.000Z'::timestamptz, '2025-07-01T00:00:00.000Z'::timestamptz),
          ('MONTH'::text, '2025-07-01T00:00:00.000Z'::timestamptz, '2026-01-01T00:00:00.000Z'::timestamptz)
      ) segment (grain, from_at, to_at)
      cross join lateral (
        select
          starts_at,
          calls,
          cost_usd,
          input_total,
          output_total
        from
          tenant_summary
        where
          tenant_summary.tenant_id = 'acme'
          and grain = segment.grain
          and starts_at >= segment.from_at
          and starts_at < segment.to_at
        offset
          0
      ) summary
  ),
  edge_calls as (
    select
      0::int as no,
      cost_usd,
      input_tokens,
      output_tokens
    from
      usage_call
    where
      usage_call.tenant_id = 'acme'
      and occurred_at >= '2025-06-10T09:00:00.000Z'::timestamptz
      and occurred_at < '2025-06-10T10:00:00.000Z'::timestamptz
      and voided_at is null
  ),
  groups as (
    select
      no,
      sum(calls) as calls,
      sum(cost_usd) as cost_usd,
      sum(input_total) as input_total,
      sum(output_total) as output_total
    from
      (
        select
          *
        from
          summaries
        union all
        select
          no,
          count(*) as calls,
          coalesce(sum(cost_usd), 0) as cost_usd,
          sum(input_tokens) as input_total,
          sum(output_tokens) as output_total
        from
          (
            select
              *
            from
              edge_calls
          ) calls
        group by
          no
      ) summaries
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
