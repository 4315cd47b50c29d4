with
  unfolded_calls as materialized (
    select
      recorded.*
    from
      unfolded
      cross join lateral (
        select
          occurred_at,
          cost_usd,
          input_tokens,
          output_tokens,
          agent_id
        from
          usage_call
        where
          usage_call.tenant_id = 'acme'
          and usage_call.batch_id = unfolded.batch_id
          and voided_at is null
        offset
          0
      ) recorded
    where
      unfolded.tenant_id = 'acme'
      and unfolded.calls > 0
  ),
  summaries_1 as (
    select
      0::int as no,
      calls,
      cost_usd,
      input_total,
      output_total
    from
      (
        values
          ('HOUR'::text, '2025-06-10T10:00:00.000Z'::timestamptz, '2025-06-11T00:00:00.000Z'::timestamptz),
          ('DAY'::text, '2025-06-11T00:00:00.000Z'::timestamptz, '2025-06-17T00:00:00.000Z'::timestamptz),
          ('HOUR'::text, '2025-06-17T00:00:00.000Z'::timestamptz, '2025-06-17T14:00:00.000Z'::timestamptz)
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
  edge_calls_1 as (
    select
      0::int as no,
      cost_usd,
      input_tokens,
      output_tokens
    from
      (
        values
          ('CALL'::text, '2025-06-10T09:17:23.456Z'::timestamptz, '2025-06-10T10:00:00.000Z'::timestamptz),
          ('CALL'::text, '2025-06-17T14:00:00.000Z'::timestamptz, '2025-06-17T14:41:05.789Z'::timestamptz)
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
          and not exists (
            select
            from
              unfolded
            where
              unfolded.tenant_id = 'acme'
              and unfolded.batch_id = usage_call.batch_id
          )
        offset
          0
      ) recorded
  ),
  recent_calls_1 as (
    select
      0::int as no,
      cost_usd,
      input_tokens,
      output_tokens
    from
      unfolded_calls
    where
      occurred_at >= '2025-06-10T09:17:23.456Z'::timestamptz
      and occurred_at < '2025-06-17T14:41:05.789Z'::timestamptz
  ),
  groups_1 as (
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
          summaries_1
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
              edge_calls_1
            union all
            select
              *
            from
              recent_calls_1
          ) calls
        group by
          no
      ) summaries
    group by
      no
  ),
  summaries_2 as (
    select
      1::int as no,
      div(
        extract(
          epoch
          from
            starts_at
        ) * 1000 - 1749513600000::bigint,
        86400000::bigint
      )::int as bucket,
      calls,
      cost_usd,
      input_total,
      output_total
    from
      (
        values
          ('HOUR'::text, '2025-06-10T10:00:00.000Z'::timestamptz, '2025-06-11T00:00:00.000Z'::timestamptz),
          ('DAY'::text, '2025-06-11T00:00:00.000Z'::timestamptz, '2025-06-17T00:00:00.000Z'::timestamptz),
          ('HOUR'::text, '2025-06-17T00:00:00.000Z'::timestamptz, '2025-06-17T14:00:00.000Z'::timestamptz)
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
  edge_calls_2 as (
    select
      1::int as no,
      div(
        extract(
          epoch
          from
            occurred_at
        ) * 1000 - 1749513600000::bigint,
        86400000::bigint
      )::int as bucket,
      cost_usd,
      input_tokens,
      output_tokens
    from
      (
        values
          ('CALL'::text, '2025-06-10T09:17:23.456Z'::timestamptz, '2025-06-10T10:00:00.000Z'::timestamptz),
          ('CALL'::text, '2025-06-17T14:00:00.000Z'::timestamptz, '2025-06-17T14:41:05.789Z'::timestamptz)
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
          and not exists (
            select
            from
              unfolded
            where
              unfolded.tenant_id = 'acme'
              and unfolded.batch_id = usage_call.batch_id
          )
        offset
          0
      ) recorded
  ),
  recent_calls_2 as (
    select
      1::int as no,
      div(
        extract(
          epoch
          from
            occurred_at
        ) * 1000 - 1749513600000::bigint,
        86400000::bigint
      )::int as bucket,
      cost_usd,
      input_tokens,
      output_tokens
    from
      unfolded_calls
    where
      occurred_at >= '2025-06-10T09:17:23.456Z'::timestamptz
      and occurred_at < '2025-06-17T14:41:05.789Z'::timestamptz
  ),
  groups_2 as (
    select
      no,
      bucket,
      sum(calls) as calls,
      sum(cost_usd) as cost_usd,
      sum(input_total) as input_total,
      sum(output_total) as output_total
    from
      (
        select
          *
        from
          summaries_2
        union all
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
              edge_calls_2
            union all
            select
              *
            from
              recent_calls_2
          ) calls
        group by
          no,
          bucket
      ) summaries
    group by
      no,
      bucket
  ),
  summaries_3 as (
    select
      2::int as no,
      agent_id as key_1,
      calls,
      cost_usd,
      input_total,
      output_total
    from
      agent_summary
    where
      agent_summary.tenant_id = 'acme'
      and grain = 'DAY'::text
      and starts_at >= '2025-06-11T00:00:00.000Z'::timestamptz
      and starts_at < '2025-06-17T00:00:00.000Z'::timestamptz
  ),
  edge_calls_3 as (
    select
      2::int as no,
      coalesce(agent_id, '') as key_1,
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
          usage_call.agent_id,
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
          and not exists (
            select
            from
              unfolded
            where
              unfolded.tenant_id = 'acme'
              and unfolded.batch_id = usage_call.batch_id
          )
        offset
          0
      ) recorded
  ),
  recent_calls_3 as (
    select
      2::int as no,
      coalesce(agent_id, '') as key_1,
      cost_usd,
      input_tokens,
      output_tokens
    from
      unfolded_calls
    where
      occurred_at >= '2025-06-10T09:17:23.456Z'::timestamptz
      and occurred_at < '2025-06-17T14:41:05.789Z'::timestamptz
  ),
  groups_3 as (
    select
      no,
      key_1,
      sum(calls) as calls,
      sum(cost_usd) as cost_usd,
      sum(input_total) as input_total,
      sum(output_total) as output_total
    from
      (
        select
          *
        from
          summaries_3
        union all
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
              edge_calls_3
            union all
            select
              *
            from
              recent_calls_3
          ) calls
        group by
          no,
          key_1
      ) summaries
    group by
      no,
      key_1
  )
select
  no,
  null::bigint as rank,
  null::text as key_1,
  null::int as bucket,
  calls,
  cost_usd,
  input_total,
  output_total
from
  groups_1
union all
select
  no,
  null::bigint as rank,
  null::text as key_1,
  bucket,
  calls,
  cost_usd,
  input_total,
  output_total
from
  groups_2
union all
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
      2::int as no,
      10::int as first,
      row_number() over (
        order by
          grouped.cost_usd desc,
          grouped.key_1 = '',
          coalesce(agent.name, grouped.key_1),
          grouped.key_1
      ) as rank,
      grouped.key_1,
      grouped.calls,
      grouped.cost_usd,
      grouped.input_total,
      grouped.output_total
    from
      groups_3 grouped
      left join agent on agent.tenant_id = 'acme'
      and agent.agent_id = grouped.key_1
  ) ranked
where
  rank <= first
