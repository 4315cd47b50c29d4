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
      agent_summary
    where
      agent_summary.tenant_id = 'acme'
      and grain = 'MONTH'::text
      and starts_at >= '2025-01-01T00:00:00.000Z'::timestamptz
      and starts_at < '2026-01-01T00:00:00.000Z'::timestamptz
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
      summaries
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
      left join agent on agent.tenant_id = 'acme'
      and agent.agent_id = grouped.key_1
  ) ranked
where
  rank <= first
