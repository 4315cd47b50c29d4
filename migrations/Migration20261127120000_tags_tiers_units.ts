import { Migration } from '@mikro-orm/migrations';

const levels = {
  tenant_summary: [],
  agent_summary: [['agent_id', `coalesce(agent_id, '')`]],
  model_summary: [
    ['provider', 'provider'],
    ['model', 'model'],
  ],
  detail_summary: [
    ['agent_id', `coalesce(agent_id, '')`],
    ['provider', 'provider'],
    ['model', 'model'],
    ['channel_id', `coalesce(channel_id, 'unknown')`],
  ],
};
const grains = ['HOUR', 'DAY', 'MONTH', 'YEAR'];

/** Calls that summaries hold. */
const folded = `
  not exists (select from unfolded where unfolded.tenant_id = usage_call.tenant_id and unfolded.batch_id = usage_call.batch_id)
  and (voided_at is null or exists (
    select from unfolded where unfolded.tenant_id = usage_call.tenant_id and unfolded.batch_id = void_batch_id))`;

/** What is read or rewritten here: without "force" the owner sees all rows. */
const rewritten = ['usage_call', 'unfolded', 'rollup_mark', ...Object.keys(levels)];

export class Migration20261127120000_tags_tiers_units extends Migration {
  override up(): void {
    this.addSql(`
      alter table usage_call
        add tags jsonb null,
        add service_tier text collate "C" not null default 'standard',
        add time_to_first_token_ms bigint null check (time_to_first_token_ms >= 0),
        add cache_write1h_tokens integer not null default 0,
        add units jsonb null,
        add recorded_by text collate "C" not null default 'unknown'`);
    this.addSql(`
      alter table usage_call
        add constraint usage_call_one_hour_cache_writes
          check (cache_write1h_tokens between 0 and cache_write_tokens)`);

    // Quantities by name, as exact decimals in text: {"web_searches": "2"}. Where there are none they are null, which costs
    // neither room nor a call of a function.
    this.addSql(`
      create function add_quantities(one jsonb, other jsonb) returns jsonb language sql immutable strict parallel safe
      return (
        select jsonb_object_agg(name, quantity)
        from (
          select key as name, trim_scale(sum(value::numeric))::text as quantity
          from (select * from jsonb_each_text(one) union all select * from jsonb_each_text(other)) each
          group by key
        ) summed)`);
    this.addSql(`
      create aggregate sum_quantities(jsonb) (
        sfunc = add_quantities, stype = jsonb, combinefunc = add_quantities, parallel = safe)`);

    for (const table of rewritten) this.addSql(`alter table ${table} no force row level security`);
    for (const [table, dimensions] of Object.entries(levels)) {
      this.addSql(`
        alter table ${table}
          add cache_write_tokens bigint not null default 0,
          add first_token_count bigint not null default 0,
          add first_token_total numeric not null default 0,
          add first_token_min bigint null,
          add first_token_max bigint null,
          add first_token_sketch bytea not null default '',
          add units jsonb null`);
      for (const column of ['cache_write_tokens', 'first_token_count', 'first_token_total', 'first_token_sketch'])
        this.addSql(`alter table ${table} alter ${column} drop default`);
      const columns = dimensions.map(([column, of]) => `, ${of} as ${column}`).join('');
      const same = dimensions.map(([column]) => ` and stored.${column} = written.${column}`).join('');
      for (const grain of grains)
        this.addSql(`
          update ${table} stored set cache_write_tokens = written.tokens
          from (
            select tenant_id, date_trunc('${grain}', occurred_at, 'UTC') as starts_at${columns}, sum(cache_write_tokens) as tokens
            from usage_call where cache_write_tokens > 0 and ${folded}
            group by ${Array.from({ length: 2 + dimensions.length }, (_, index) => index + 1).join(', ')}
          ) written
          where stored.tenant_id = written.tenant_id and stored.grain = '${grain}' and stored.starts_at = written.starts_at${same}`);
    }
    // Days and months of tenants' own zones are made again when their tenants are weighed next, which is soon.
    this.addSql(`delete from tenant_summary where grain in ('LOCAL_DAY', 'LOCAL_MONTH')`);
    this.addSql(`
      update rollup_mark
      set levels = array_remove(array_remove(levels, 'TENANT_LOCAL_DAY'), 'TENANT_LOCAL_MONTH'), clock = null`);
    for (const table of rewritten) this.addSql(`alter table ${table} force row level security`);
  }
}
