import { Migration } from '@mikro-orm/migrations';

const platform = 'usage_gateway_platform';
const tenant = 'usage_gateway_tenant';
const ownTenant = `tenant_id = nullif(current_setting('app.tenant', true), '')`;

/** Tables that hold days at the tenant's own midnight behind its horizon. */
const alsoLocal = ['detail_summary', 'user_summary', 'tag_summary'];

export class Migration20261128090000_retention extends Migration {
  override up(): void {
    // Null where the setting of the platform applies.
    this.addSql('alter table tenant add retention_days integer null');
    // No call from before the one is recorded or changed; calls from before the other are in summaries alone.
    this.addSql('alter table rollup_mark add accepts_from timestamptz(3) null, add complete_from timestamptz(3) null');
    // What was made of calls that left the ledger together, from the span before until `until`.
    this.addSql(`
      create table kept_span (
        tenant_id text collate "C" not null,
        until timestamptz(3) not null,
        levels text[] not null,
        clock text null,
        primary key (tenant_id, until)
      )`);
    this.addSql(`create policy own_tenant on kept_span to ${tenant} using (${ownTenant}) with check (${ownTenant})`);
    this.addSql(`create policy whole_platform on kept_span to ${platform} using (true) with check (true)`);
    this.addSql(`grant select, insert, update, delete on kept_span to ${platform}`);
    this.addSql(`grant select on kept_span to ${tenant}`);
    this.addSql('alter table kept_span enable row level security, force row level security');
    for (const table of alsoLocal)
      this.addSql(`
        alter table ${table} drop constraint ${table}_grain_check,
          add constraint ${table}_grain_check check (grain in ('DAY', 'MONTH', 'LOCAL_DAY', 'LOCAL_MONTH'))`);
    this.addForgetting();
  }

  /** Who serves may not delete calls. This function may, those that are in summaries alone by the mark of their tenant. */
  private addForgetting(): void {
    // Row level security holds for the owner, too; within the function it sees what it needs.
    const forgets = `current_setting('app.forgets', true) = 'on'`;
    this.addSql(`create policy owner_reads on rollup_mark for select to current_user using (${forgets})`);
    for (const table of ['usage_call', 'cost_revision'])
      for (const act of ['select', 'delete'])
        this.addSql(`create policy owner_${act}s on ${table} for ${act} to current_user using (${forgets})`);
    this.addSql(`
      create function forget_calls(of_tenant text, most integer) returns integer language plpgsql security definer
      as $$
      declare
        gone text[];
        deleted integer;
      begin
        set local app.forgets = 'on';
        gone := array(
          select request_id from usage_call
          where usage_call.tenant_id = of_tenant and occurred_at < (
            select complete_from from rollup_mark where rollup_mark.tenant_id = of_tenant)
          order by occurred_at, request_id
          limit least(most, 5000));
        delete from cost_revision where cost_revision.tenant_id = of_tenant and request_id = any(gone);
        delete from usage_call where usage_call.tenant_id = of_tenant and request_id = any(gone);
        get diagnostics deleted = row_count;
        set local app.forgets = 'off';
        return deleted;
      end $$`);
    // The temporary schema last, so that no table of a session stands for one of ours.
    this.addSql(`
      do $$ begin
        execute format('alter function forget_calls(text, integer) set search_path to %I, pg_catalog, pg_temp', current_schema());
      end $$`);
    this.addSql('revoke execute on function forget_calls(text, integer) from public');
    this.addSql(`grant execute on function forget_calls(text, integer) to ${platform}`);
  }
}
