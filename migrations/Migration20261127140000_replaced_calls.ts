import { Migration } from '@mikro-orm/migrations';

const platform = 'usage_gateway_platform';
const tenant = 'usage_gateway_tenant';
const ownTenant = `tenant_id = nullif(current_setting('app.tenant', true), '')`;

export class Migration20261127140000_replaced_calls extends Migration {
  override up(): void {
    // Earlier versions of a call stay in the ledger, voided, under a key that no request can have.
    this.addSql(`grant update (request_id) on usage_call to ${platform}`);
    this.addSql(`
      create table cost_revision (
        tenant_id text collate "C" not null,
        request_id text collate "C" not null,
        id uuid not null,
        at timestamptz(3) not null,
        cost_usd numeric null,
        cost_source text collate "C" not null,
        price_id text collate "C" null,
        reason text not null,
        primary key (tenant_id, request_id, id)
      )`);
    this.addSql(
      `create policy own_tenant on cost_revision to ${tenant} using (${ownTenant}) with check (${ownTenant})`,
    );
    this.addSql(`create policy whole_platform on cost_revision to ${platform} using (true) with check (true)`);
    this.addSql(`grant select, insert, delete on cost_revision to ${platform}`);
    this.addSql(`grant select, insert on cost_revision to ${tenant}`);
    this.addSql('alter table cost_revision enable row level security, force row level security');
  }
}
