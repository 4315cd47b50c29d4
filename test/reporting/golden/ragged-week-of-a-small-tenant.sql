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
      and grain = 'DAY'::text
      and starts_at >= '2025-06-11T00:00:00.000Z'::timestamptz
      and starts_at < '2025-06-17T00:00:00.000Z'::timestamptz
  ),
  edge_calls as (
    select
      0::int as no,
      cost_usd,
      input_tokens,
      output_tokens
    from
      (
        values
          ('CALL'::text, '2025-06-10T09:17:23.456Z'::timestamptz, '2025-06-11T00:00:00.000Z'::timestamptz),
          ('CALL'::text, '2025-06-17T00:00:00.000Z'::timestamptz, '2025-06-17T14:41:05.789Z'::timestamptz)
      ) segment (grain, from_at, to_at)
      cross join lateral (
        select
          usage_call.occurred_at,
          usage_call.cost_usd,
          usage_call.input_tokens,
          usage_call.output_tokens
        from
          usage_call
        where
          usage_call.tenant_id = 'acme'
          and occurred_at >= segment.from_at
          and occurred_at < segment.to_at
          and voided_at is null
        offset
          0
      ) recorded
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
