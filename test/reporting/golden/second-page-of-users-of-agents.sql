with
  edge_calls as (
    select
      0::int as no,
      coalesce(agent_id, '') as key_1,
      coalesce(user_id, '') as key_2,
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
      key_2,
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
      key_1,
      key_2
  ),
  placed_groups as (
    select
      *,
      behind
      and rank <= first as on_page
    from
      (
        select
          0::int as no,
          0::int as query_no,
          10::int as first,
          coalesce(agent.name, grouped.key_1) as name,
          (
            '{agent-00,ada}'::text[] is null
            or coalesce(grouped.cost_usd < '1.25'::numeric, false)
            or (
              grouped.cost_usd is not distinct from '1.25'::numeric
              and (
                grouped.key_2 = '',
                grouped.key_2,
                grouped.key_1 = '',
                coalesce(agent.name, grouped.key_1),
                grouped.key_1
              ) > (
                ('{agent-00,ada}'::text[]) [2] = '',
                ('{agent-00,ada}'::text[]) [2],
                ('{agent-00,ada}'::text[]) [1] = '',
                'Bot'::text,
                ('{agent-00,ada}'::text[]) [1]
              )
            )
          ) as behind,
          row_number() over (
            partition by
              (
                '{agent-00,ada}'::text[] is null
                or coalesce(grouped.cost_usd < '1.25'::numeric, false)
                or (
                  grouped.cost_usd is not distinct from '1.25'::numeric
                  and (
                    grouped.key_2 = '',
                    grouped.key_2,
                    grouped.key_1 = '',
                    coalesce(agent.name, grouped.key_1),
                    grouped.key_1
                  ) > (
                    ('{agent-00,ada}'::text[]) [2] = '',
                    ('{agent-00,ada}'::text[]) [2],
                    ('{agent-00,ada}'::text[]) [1] = '',
                    'Bot'::text,
                    ('{agent-00,ada}'::text[]) [1]
                  )
                )
              )
            order by
              grouped.cost_usd desc,
              grouped.key_2 = '',
              grouped.key_2,
              grouped.key_1 = '',
              coalesce(agent.name, grouped.key_1),
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
          left join agent on agent.tenant_id = 'acme'
          and agent.agent_id = grouped.key_1
      ) ranked
  )
select
  no,
  rank,
  key_1,
  key_2,
  name,
  null::bigint as group_count,
  null::bigint as following,
  null::int as bucket,
  calls,
  cost_usd,
  input_total,
  output_total
from
  placed_groups
where
  on_page
union all
select
  no,
  null::bigint as rank,
  null::text as key_1,
  null::text as key_2,
  null::text as name,
  group_count,
  following,
  null::int as bucket,
  calls,
  cost_usd,
  input_total,
  output_total
from
  (
    select
      no,
      count(*) as group_count,
      count(*) filter (
        where
          behind
      ) as following,
      sum(calls) as calls,
      sum(cost_usd) as cost_usd,
      sum(input_total) as input_total,
      sum(output_total) as output_total
    from
      placed_groups
    where
      not on_page
    group by
      no
  ) others
