import { Migration } from '@mikro-orm/migrations';

const platform = 'usage_gateway_platform';
const tenant = 'usage_gateway_tenant';
const ownTenant = `tenant_id = nullif(current_setting('app.tenant', true), '')`;

/** What repricing changes of a call. */
const costs = `cost_usd, cost_source, price_id, input_cost_usd, cached_input_cost_usd, cache_write_cost_usd,
  output_cost_usd, units_cost_usd, cache_savings_usd, unpriced_reason`;

export class Migration20261127170000_repricing extends Migration {
  override up(): void {
    this.addSql(`grant update (${costs}) on usage_call to ${platform}`);
    // A repricing is prepared in committed steps, so that one that was interrupted goes on where it was.
    this.addSql(`
      create table reprice_job (
        tenant_id text collate "C" not null,
        job_id text collate "C" not null,
        price_revision bigint not null,
        after_at timestamptz(3) null,
        after_key text collate "C" null,
        changes integer not null,
        prepared boolean not null,
        primary key (tenant_id, job_id)
      )`);
    this.addSql(`
      create table reprice_change (
        tenant_id text collate "C" not null,
        job_id text collate "C" not null,
        request_id text collate "C" not null,
        cost_usd_before numeric null,
        cost_source_before text collate "C" not null,
        cost jsonb not null,
        primary key (tenant_id, job_id, request_id)
      )`);
    for (const table of ['reprice_job', 'reprice_change']) {
      this.addSql(`create policy own_tenant on ${table} to ${tenant} using (${ownTenant}) with check (${ownTenant})`);
      this.addSql(`create policy whole_platform on ${table} to ${platform} using (true) with check (true)`);
      this.addSql(`grant select, insert, update, delete on ${table} to ${platform}`);
      this.addSql(`grant select on ${table} to ${tenant}`);
      this.addSql(`alter table ${table} enable row level security, force row level security`);
    }
  }
}
