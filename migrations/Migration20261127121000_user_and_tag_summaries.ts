import { Migration } from '@mikro-orm/migrations';

const platform = 'usage_gateway_platform';
const tenant = 'usage_gateway_tenant';
const ownTenant = `tenant_id = nullif(current_setting('app.tenant', true), '')`;

const tables = ['user_summary', 'tag_summary', 'tag_name', 'tag_value'];

export class Migration20261127121000_user_and_tag_summaries extends Migration {
  override up(): void {
    this.addSql(`
      create table user_summary (
        like model_summary including defaults,
        user_id text collate "C" not null,
        dimensions_hash bytea not null,
        check (grain in ('DAY', 'MONTH')),
        primary key (tenant_id, grain, starts_at, dimensions_hash)
      ) with (fillfactor = 80)`);
    // Each tag that a tenant has summaries of has a row for each of its values, and one for the calls without it.
    this.addSql(`
      create table tag_summary (
        like tenant_summary including defaults,
        tag_name text collate "C" not null,
        tag_value text collate "C" not null,
        check (grain in ('DAY', 'MONTH')),
        primary key (tenant_id, tag_name, grain, starts_at, tag_value)
      ) with (fillfactor = 80)`);
    // What pickers offer; noted along with folding.
    this.addSql(`
      create table tag_name (
        tenant_id text collate "C" not null,
        name text collate "C" not null,
        last_seen_at timestamptz(3) not null,
        primary key (tenant_id, name)
      ) with (fillfactor = 50)`);
    this.addSql(`
      create table tag_value (
        tenant_id text collate "C" not null,
        name text collate "C" not null,
        value text collate "C" not null,
        primary key (tenant_id, name, value)
      )`);
    for (const table of tables) {
      this.addSql(`create policy own_tenant on ${table} to ${tenant} using (${ownTenant}) with check (${ownTenant})`);
      this.addSql(`create policy whole_platform on ${table} to ${platform} using (true) with check (true)`);
      this.addSql(`grant select, insert, update, delete on ${table} to ${platform}`);
      this.addSql(`grant select on ${table} to ${tenant}`);
      this.addSql(`alter table ${table} enable row level security, force row level security`);
    }
  }
}
