with
  summaries as (
    select
      asked.no as no,
      agent_id as key_1,
      calls,
      cost_usd,
      input_total,
      output_total
    from
      (
        values
          (
            0::int,
            0::int,
            'acme'::text,
            '2025-06-01T00:00:00.000Z'::timestamptz,
            '2025-06-02T00:00:00.000Z'::timestamptz
          ),
          (
            1::int,
            1::int,
            'acme'::text,
            '2025-06-02T00:00:00.000Z'::timestamptz,
            '2025-06-03T00:00:00.000Z'::timestamptz
          ),
          (
            2::int,
            2::int,
            'acme'::text,
            '2025-06-03T00:00:00.000Z'::timestamptz,
            '2025-06-04T00:00:00.000Z'::timestamptz
          )
      ) asked (no, coverage, tenant_id, from_at, to_at)
      cross join (
        values
          (
            0::int,
            'DAY'::text,
            '2025-06-01T00:00:00.000Z'::timestamptz,
            '2025-06-02T00:00:00.000Z'::timestamptz
          ),
          (
            1::int,
            'DAY'::text,
            '2025-06-02T00:00:00.000Z'::timestamptz,
            '2025-06-03T00:00:00.000Z'::timestamptz
          ),
          (
            2::int,
            'DAY'::text,
            '2025-06-03T00:00:00.000Z'::timestamptz,
            '2025-06-04T00:00:00.000Z'::timestamptz
          )
      ) segment (coverage, grain, from_at, to_at)
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
          agent_summary.tenant_id = 'acme'
          and grain = segment.grain
          and starts_at >= segment.from_at
          and starts_at < segment.to_at
        offset
          0
      ) summary
    where
      segment.coverage = asked.coverage
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
      ranking.no as no,
      ranking.first as first,
      row_number() over (
        partition by
          ranking.no
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
      join (
        values
          (0::int, 0::int, 'acme'::text, 100::int, 'COST_DESC'::text),
          (1::int, 1::int, 'acme'::text, 100::int, 'COST_DESC'::text),
          (2::int, 2::int, 'acme'::text, 100::int, 'COST_DESC'::text)
      ) ranking (no, query_no, tenant_id, first, order_by) on ranking.query_no = grouped.no
      left join agent on agent.tenant_id = 'acme'
      and agent.agent_id = grouped.key_1
  ) ranked
where
  rank <= first
