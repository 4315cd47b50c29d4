with
  edge_calls as (
    select
      0::int as no,
      coalesce(channel_id, 'unknown') as key_1,
      cost_usd,
      input_tokens,
      output_tokens
    from
      usage_call
    where
      usage_call.tenant_id = 'acme'
      and occurred_at >= '2025-06-10T09:17:23.456Z'::timestamptz
      and occurred_at < '2025-06-17T14:41:05.789Z'::timestamptz
      and voided_at is null
  ),
  groups as (
    select
      no,
      key_1,
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
      no,
      key_1
  )
select
  no,
  rank,
  key_1,
  null::int as bucket,
  calls,
  cost_usd,
  input_total,
  output_total
from
  (
    select
      0::int as no,
      10::int as first,
      row_number() over (
        order by
          grouped.cost_usd desc,
          grouped.key_1
      ) as rank,
      grouped.key_1,
      grouped.calls,
      grouped.cost_usd,
      grouped.input_total,
      grouped.output_total
    from
      groups grouped
  ) ranked
where
  rank <= first
