import { Migration } from '@mikro-orm/migrations';

const measures = `
  calls bigint not null,
  failed_calls bigint not null,
  unpriced_calls bigint not null,
  cached_input_tokens bigint not null,
  reasoning_tokens bigint not null,
  duration_count bigint not null,
  duration_min bigint null,
  duration_max bigint null,
  input_total bigint not null,
  output_total bigint not null,
  input_min integer not null,
  input_max integer not null,
  output_min integer not null,
  output_max integer not null,
  duration_total numeric null,
  cost_usd numeric not null,
  duration_sketch bytea not null,
  input_sketch bytea not null,
  output_sketch bytea not null`;

export class Migration20261122160000_rollups extends Migration {
  override up(): void {
    // Which transaction recorded a call, and which voided it, tells what the summaries have not taken yet.
    this.addSql(`
      alter table usage_call
        add recorded_xid bigint not null default pg_current_xact_id()::text::bigint,
        add voided_xid bigint null`);
    this.addSql('update usage_call set voided_xid = recorded_xid where voided_at is not null');
    this.addSql(`
      alter table usage_call add constraint usage_call_void_has_transaction check (
        (voided_at is null) = (voided_xid is null))`);
    this.addSql('create index usage_call_recorded on usage_call (tenant_id, recorded_xid)');
    this.addSql('create index usage_call_voided on usage_call (tenant_id, voided_xid) where voided_xid is not null');

    this.addSql(`
      create table tenant_summary (
        starts_at timestamptz(3) not null,
        ${measures},
        tenant_id text collate "C" not null,
        grain text collate "C" not null check (grain in ('HOUR', 'DAY', 'MONTH')),
        primary key (tenant_id, grain, starts_at)
      ) with (fillfactor = 80)`);
    this.addSql(`
      create table detail_summary (
        starts_at timestamptz(3) not null,
        ${measures},
        tenant_id text collate "C" not null,
        grain text collate "C" not null check (grain in ('DAY', 'MONTH')),
        agent_id text collate "C" not null,
        provider text collate "C" not null,
        model text collate "C" not null,
        channel_id text collate "C" not null,
        primary key (tenant_id, grain, starts_at, agent_id, provider, model, channel_id)
      ) with (fillfactor = 90)`);
    this.addSql(`
      create table agent_summary (
        starts_at timestamptz(3) not null,
        ${measures},
        tenant_id text collate "C" not null,
        grain text collate "C" not null check (grain = 'MONTH'),
        agent_id text collate "C" not null,
        primary key (tenant_id, grain, starts_at, agent_id)
      ) with (fillfactor = 80)`);
    this.addSql(`
      create table model_summary (
        starts_at timestamptz(3) not null,
        ${measures},
        tenant_id text collate "C" not null,
        grain text collate "C" not null check (grain = 'MONTH'),
        provider text collate "C" not null,
        model text collate "C" not null,
        primary key (tenant_id, grain, starts_at, provider, model)
      ) with (fillfactor = 80)`);
    this.addSql(`
      create table rollup_mark (
        tenant_id text collate "C" not null primary key,
        folded_below bigint not null,
        folding_below bigint not null
      ) with (fillfactor = 50)`);

    // A sketch counts values by buckets whose borders are 2 % apart; whole numbers up to 50 have one each. It is a row of
    // entries of 6 bytes, 12 bits for the bucket and 36 for the count. Entries of a bucket may repeat and then add up,
    // so that sketches are merged by writing one behind the other.
    this.addSql(`
      create function sketch_bucket(value bigint) returns integer language sql immutable parallel safe
      return case when value <= 50 then value::int else 50 + ceil(ln(value::float8 / 50) / ln(1.02::float8))::int end`);
    this.addSql(`
      create function sketch_entry(bucket integer, count bigint) returns bytea language sql immutable parallel safe
      return substring(int8send(bucket::bigint << 36 | count) from 3)`);
    // Of many values; of a few it takes longer than writing their entries.
    this.addSql(`
      create function sketch_of(buckets integer[]) returns bytea language sql immutable parallel safe
      return (
        select coalesce(string_agg(sketch_entry(bucket, count), '' order by bucket), '')
        from (select bucket, count(*) as count from unnest(buckets) as bucket where bucket is not null group by bucket) x)`);
    // One entry a bucket, in order. "offset 0" has a stored sketch read and unpacked once instead of once a byte. Of "<<"
    // and "|" none goes before the other, so that each byte needs its parentheses.
    this.addSql(`
      create function sketch_compact(sketch bytea) returns bytea language sql immutable parallel safe
      return (
        select coalesce(string_agg(sketch_entry(bucket, count), '' order by bucket), '')
        from (
          select bucket, sum(count)::bigint as count
          from (
            select (get_byte(s, 6 * i) << 4) | (get_byte(s, 6 * i + 1) >> 4) as bucket,
              ((get_byte(s, 6 * i + 1) & 15)::bigint << 32) | (get_byte(s, 6 * i + 2)::bigint << 24)
                | (get_byte(s, 6 * i + 3) << 16) | (get_byte(s, 6 * i + 4) << 8) | get_byte(s, 6 * i + 5) as count
            from (select sketch || '' as s offset 0) unpacked
            cross join generate_series(0, octet_length(sketch) / 6 - 1) as i
          ) entry
          group by bucket
        ) counted)`);
    // A sketch put together; only one that has grown by 512 entries is worth compacting.
    this.addSql(`
      create function sketch_add(sketch bytea, more bytea) returns bytea language sql immutable parallel safe
      return case
        when octet_length(sketch) / 3072 < (octet_length(sketch) + octet_length(more)) / 3072
          then sketch_compact(sketch || more)
        else sketch || more
      end`);
  }
}
