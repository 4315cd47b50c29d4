with
  summaries as (
    select
      0::int as no,
      model as key_1,
      div(
        extract(
          epoch
          from
            starts_at
        ) * 1000 - 1735689600000::bigint,
        86400000::bigint
      )::int as bucket,
      calls,
      cost_usd,
      input_total,
      output_total
    from
      model_summary
    where
      model_summary.tenant_id = 'acme'
      and grain = 'DAY'::text
      and starts_at >= '2025-01-01T00:00:00.000Z'::timestamptz
      and starts_at < '2026-01-01T00:00:00.000Z'::timestamptz
  ),
  groups as (
    select
      no,
      key_1,
      bucket,
      sum(calls) as calls,
      sum(cost_usd) as cost_usd,
      sum(input_total) as input_total,
      sum(output_total) as output_total
    from
      summaries
    group by
      no,
      key_1,
      bucket
  ),
  whole_groups as (
    select
      no,
      key_1,
      sum(calls) as calls,
      sum(cost_usd) as cost_usd,
      sum(input_total) as input_total,
      sum(output_total) as output_total
    from
      groups
    group by
      no,
      key_1
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
              grouped.key_1
          ) as rank,
          grouped.key_1,
          grouped.calls,
          grouped.cost_usd,
          grouped.input_total,
          grouped.output_total
        from
          whole_groups grouped
      ) ranked
  )
select
  no,
  rank,
  key_1,
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
union all
select
  no,
  rank,
  null::text as key_1,
  null::text as name,
  null::bigint as group_count,
  null::bigint as following,
  bucket,
  calls,
  cost_usd,
  input_total,
  output_total
from
  (
    select
      placed.no,
      placed.rank,
      groups.bucket,
      groups.calls,
      groups.cost_usd,
      groups.input_total,
      groups.output_total
    from
      placed_groups placed
      join groups groups on groups.no = placed.query_no
      and groups.key_1 = placed.key_1
    where
      placed.on_page
  ) buckets
