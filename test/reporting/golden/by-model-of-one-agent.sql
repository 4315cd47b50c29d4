with
  summaries as (
    select
      0::int as no,
      provider as key_1,
      model as key_2,
      calls,
      cost_usd,
      input_total,
      output_total
    from
      detail_summary
    where
      detail_summary.tenant_id = 'acme'
      and grain = 'MONTH'::text
      and starts_at >= '2025-01-01T00:00:00.000Z'::timestamptz
      and starts_at < '2026-01-01T00:00:00.000Z'::timestamptz
      and agent_id = ('{agent-00}'::text[]) [1]
  ),
  groups as (
    select
      no,
      key_1,
      key_2,
      sum(calls) as calls,
      sum(cost_usd) as cost_usd,
      sum(input_total) as input_total,
      sum(output_total) as output_total
    from
      summaries
    group by
      no,
      key_1,
      key_2
  )
select
  no,
  rank,
  key_1,
  key_2,
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
          grouped.key_2,
          grouped.key_1
      ) as rank,
      grouped.key_1,
      grouped.key_2,
      grouped.calls,
      grouped.cost_usd,
      grouped.input_total,
      grouped.output_total
    from
      groups grouped
  ) ranked
where
  rank <= first
