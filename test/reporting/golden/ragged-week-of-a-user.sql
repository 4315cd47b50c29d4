with
  edge_calls as (
    select
      0::int as no,
      div(
        extract(
          epoch
          from
            occurred_at
        ) * 1000 - 1749546000000::bigint,
        3600000::bigint
      )::int as bucket,
      cost_usd,
      input_tokens,
      output_tokens
    from
      (
        select
          request_id
        from
          usage_call
        where
          usage_call.tenant_id = 'acme'
          and occurred_at >= '2025-06-10T09:17:23.456Z'::timestamptz
          and occurred_at < '2025-06-17T14:41:05.789Z'::timestamptz
          and user_id = ('{user-000}'::text[]) [1]
        offset
          0
      ) of_user
      join usage_call on usage_call.tenant_id = 'acme'
      and usage_call.request_id = of_user.request_id
    where
      true
      and voided_at is null
      and coalesce(user_id, '') = ('{user-000}'::text[]) [1]
  ),
  groups as (
    select
      no,
      bucket,
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
