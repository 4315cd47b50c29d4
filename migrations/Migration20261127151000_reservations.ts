import { Migration } from '@mikro-orm/migrations';

const platform = 'usage_gateway_platform';
const tenant = 'usage_gateway_tenant';
const ownTenant = `tenant_id = nullif(current_setting('app.tenant', true), '')`;

const tables = ['reservation', 'budget_hold'];

/** What callers have reserved of budgets for calls that they are about to make. */
export class Migration20261127151000_reservations extends Migration {
  override up(): void {
    this.addSql(`
      create table reservation (
        tenant_id text collate "C" not null,
        reservation_id text collate "C" not null,
        status text not null check (status in ('HELD', 'SETTLED', 'RELEASED')),
        held_usd numeric null,
        held_tokens bigint null,
        expires_at timestamptz(3) not null,
        primary key (tenant_id, reservation_id)
      ) with (fillfactor = 80)`);
    this.addSql('create index reservation_oldest_first on reservation (tenant_id, expires_at)');
    this.addSql(`
      create table budget_hold (
        tenant_id text collate "C" not null,
        budget_id text collate "C" not null,
        value text collate "C" not null,
        reservation_id text collate "C" not null,
        amount numeric not null,
        expires_at timestamptz(3) not null,
        primary key (tenant_id, budget_id, value, reservation_id)
      ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)`);
    this.addSql('create index budget_hold_of_reservation on budget_hold (tenant_id, reservation_id)');
    for (const table of tables) {
      this.addSql(`create policy own_tenant on ${table} to ${tenant} using (${ownTenant}) with check (${ownTenant})`);
      this.addSql(`create policy whole_platform on ${table} to ${platform} using (true) with check (true)`);
      this.addSql(`grant select, insert, update, delete on ${table} to ${platform}, ${tenant}`);
      this.addSql(`alter table ${table} enable row level security, force row level security`);
    }
  }
}
