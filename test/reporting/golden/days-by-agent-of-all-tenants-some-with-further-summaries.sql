with
  summaries as (
    select
      0::int as no,
      agent_id as key_1,
      calls,
      cost_usd,
      input_total,
      output_total
    from
      rollup_mark mark
      left join unnest('{acme}'::text[], '{1}'::int[]) as exception (tenant_id, further) on exception.tenant_id = mark.tenant_id
      cross join lateral (
        select
          starts_at,
          agent_id,
          calls,
          cost_usd,
          input_total,
          output_total
        from
          agent_summary
        where
          agent_summary.tenant_id = mark.tenant_id
          and grain = 'DAY'::text
          and starts_at >= '2025-06-01T00:00:00.000Z'::timestamptz
          and starts_at < '2025-06-04T00:00:00.000Z'::timestamptz
        offset
          0
      ) summary
    where
      1::int = 0::int + coalesce(exception.further, 0)
  ),
  edge_calls as (
    select
      0::int as no,
      coalesce(agent_id, '') as key_1,
      cost_usd,
      input_tokens,
      output_tokens
    from
      rollup_mark mark
      left join unnest('{acme}'::text[], '{1}'::int[]) as exception (tenant_id, further) on exception.tenant_id = mark.tenant_id
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
          usage_call.tenant_id = mark.tenant_id
          and occurred_at >= '2025-06-01T00:00:00.000Z'::timestamptz
          and occurred_at < '2025-06-04T00:00:00.000Z'::timestamptz
          and voided_at is null
        offset
          0
      ) recorded
    where
      0::int = 0::int + coalesce(exception.further, 0)
  ),
  groups as (
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
          summaries
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
              edge_calls
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
      groups grouped
      left join agent on agent.tenant_id = null::text
      and agent.agent_id = grouped.key_1
  ) ranked
where
  rank <= first
