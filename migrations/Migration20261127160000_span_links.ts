import { Migration } from '@mikro-orm/migrations';

const platform = 'usage_gateway_platform';
const tenant = 'usage_gateway_tenant';
const ownTenant = `tenant_id = nullif(current_setting('app.tenant', true), '')`;

export class Migration20261127160000_span_links extends Migration {
  override up(): void {
    this.addSql(`
      create table span_link (
        tenant_id text collate "C" not null,
        trace_id text collate "C" not null,
        span_id text collate "C" not null,
        parent_span_id text collate "C",
        above_call boolean not null default false,
        seen_at timestamptz(3) not null default now(),
        primary key (tenant_id, trace_id, span_id)
      )`);
    // Those without a call inside are forgotten after some days.
    this.addSql('create index span_link_old on span_link (tenant_id, seen_at) where not above_call');
    this.addSql(`create policy own_tenant on span_link to ${tenant} using (${ownTenant}) with check (${ownTenant})`);
    this.addSql(`create policy whole_platform on span_link to ${platform} using (true) with check (true)`);
    this.addSql(`grant select, insert, update, delete on span_link to ${platform}`);
    this.addSql(`grant select on span_link to ${tenant}`);
    this.addSql('alter table span_link enable row level security, force row level security');
  }
}
