import { Migration } from '@mikro-orm/migrations';

const ownTenant = `tenant_id = nullif(current_setting('app.tenant', true), '')`;

/** Batch of all calls and voids that the summaries hold already. */
const folded = '00000000-0000-0000-0000-000000000000';

const summaries = ['tenant_summary', 'detail_summary', 'agent_summary', 'model_summary'];
/** What is read or rewritten here: without "force" the owner sees all rows, who else could not move them over. */
const moved = ['tenant', 'usage_call', 'rollup_mark', ...summaries];

export class Migration20261127090000_batches extends Migration {
  override up(): void {
    for (const table of moved) this.addSql(`alter table ${table} no force row level security`);

    // Which statement recorded a call, and which voided it; what the summaries lack are the batches in "unfolded".
    this.addSql(`
      create table unfolded (
        tenant_id text collate "C" not null,
        batch_id uuid not null,
        calls integer not null check (calls >= 0),
        primary key (tenant_id, batch_id)
      ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)`);
    // A report asks whether any void waits, however many calls do.
    this.addSql('create index unfolded_voids on unfolded (tenant_id) where calls = 0');
    this.addSql(
      `create policy own_tenant on unfolded to usage_gateway_tenant using (${ownTenant}) with check (${ownTenant})`,
    );
    this.addSql('create policy whole_platform on unfolded to usage_gateway_platform using (true) with check (true)');
    this.addSql('grant select, insert, update, delete on unfolded to usage_gateway_platform');
    this.addSql('grant select, insert on unfolded to usage_gateway_tenant');

    // A default that is taken away again costs no rewriting of the ledger: only what is not folded yet is touched.
    this.addSql(`alter table usage_call add batch_id uuid not null default '${folded}', add void_batch_id uuid null`);
    this.addSql('alter table usage_call alter batch_id drop default');
    this.addSql(`
      create temporary table waiting on commit drop as
      select tenant_id, gen_random_uuid() as batch_id, gen_random_uuid() as void_batch_id,
        coalesce(folded_below, 0) as mark
      from tenant left join rollup_mark using (tenant_id)`);
    this.addSql(`
      update usage_call set batch_id = waiting.batch_id from waiting
      where waiting.tenant_id = usage_call.tenant_id and recorded_xid >= waiting.mark`);
    this.addSql(`
      update usage_call
      set void_batch_id = case when voided_xid >= waiting.mark then waiting.void_batch_id else '${folded}' end
      from waiting where waiting.tenant_id = usage_call.tenant_id and voided_at is not null`);
    this.addSql(`
      insert into unfolded (tenant_id, batch_id, calls)
      select tenant_id, batch_id, count(*) from waiting join usage_call using (tenant_id, batch_id) group by 1, 2
      union all
      select distinct tenant_id, void_batch_id, 0 from waiting join usage_call using (tenant_id, void_batch_id)`);
    this.addSql('alter table usage_call drop constraint usage_call_void_has_transaction');
    this.addSql('drop index usage_call_recorded');
    this.addSql('drop index usage_call_voided');
    this.addSql('alter table usage_call drop column recorded_xid, drop column voided_xid');
    this.addSql(`
      alter table usage_call
        add constraint usage_call_void_has_batch check ((voided_at is null) = (void_batch_id is null))`);
    this.addSql('create index usage_call_batch on usage_call (tenant_id, batch_id)');
    this.addSql(`
      create index usage_call_void_batch on usage_call (tenant_id, void_batch_id) where void_batch_id is not null`);
    this.addSql('grant update (void_batch_id) on usage_call to usage_gateway_platform, usage_gateway_tenant');

    // A tenant's anchor: recording looks for it, and who folds the tenant has it locked.
    this.addSql('alter table rollup_mark drop column folded_below, drop column folding_below');
    // Which levels of summaries a tenant has besides those that all have, and what decides about it.
    this.addSql(`
      alter table rollup_mark add levels text[] not null default '{}', add folded_calls bigint not null default 0,
        add weighed_calls bigint not null default 0`);
    this.addSql(`
      update rollup_mark
      set levels = '{TENANT_HOUR}', folded_calls = coalesce((
        select sum(calls) from tenant_summary
        where tenant_summary.tenant_id = rollup_mark.tenant_id and grain = 'MONTH'), 0)`);
    this.addSql('insert into rollup_mark (tenant_id) select tenant_id from tenant on conflict do nothing');
    for (const table of ['agent_summary', 'model_summary'])
      this.addSql(`
        alter table ${table} drop constraint ${table}_grain_check,
          add constraint ${table}_grain_check check (grain in ('DAY', 'MONTH'))`);

    // Made again for tenants for whom it pays. Four names of 200 characters are more than an index can hold.
    this.addSql('truncate detail_summary');
    this.addSql(`
      alter table detail_summary add dimensions_hash bytea not null,
        drop constraint detail_summary_pkey,
        add primary key (tenant_id, grain, starts_at, dimensions_hash)`);

    // Every sum is a number, also one of no durations at all.
    for (const table of summaries) {
      this.addSql(`update ${table} set duration_total = 0 where duration_total is null`);
      this.addSql(`alter table ${table} alter duration_total set not null`);
    }

    // Of calls most entries are alike: those are counted before any is unpacked.
    this.addSql(`
      create or replace function sketch_compact(sketch bytea) returns bytea language sql immutable parallel safe
      return (
        select coalesce(string_agg(sketch_entry(bucket, count), '' order by bucket), '')
        from (
          select (get_byte(e, 0) << 4) | (get_byte(e, 1) >> 4) as bucket,
            sum(times * (((get_byte(e, 1) & 15)::bigint << 32) | (get_byte(e, 2)::bigint << 24)
              | (get_byte(e, 3) << 16) | (get_byte(e, 4) << 8) | get_byte(e, 5)))::bigint as count
          from (
            select substring(s from 6 * i + 1 for 6) as e, count(*) as times
            from (select sketch || '' as s offset 0) unpacked
            cross join generate_series(0, octet_length(sketch) / 6 - 1) as i
            group by 1
          ) entry
          group by 1
        ) counted)`);
    this.addSql('drop function sketch_of');

    this.addSql('alter table unfolded enable row level security');
    for (const table of [...moved, 'unfolded']) this.addSql(`alter table ${table} force row level security`);
  }
}
