with
  summaries as (
    select
      0::int as no,
      mark.tenant_id as key_1,
      model as key_2,
      calls,
      cost_usd,
      input_total,
      output_total
    from
      rollup_mark mark
      cross join lateral (
        select
          starts_at,
          provider,
          model,
          calls,
          cost_usd,
          input_total,
          output_total
        from
          model_summary
        where
          model_summary.tenant_id = mark.tenant_id
          and grain = 'MONTH'::text
          and starts_at >= '2025-01-01T00:00:00.000Z'::timestamptz
          and starts_at < '2026-01-01T00:00:00.000Z'::timestamptz
        offset
          0
      ) summary
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
          null::text as name,
          true as behind,
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
