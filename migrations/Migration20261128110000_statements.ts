import { Migration } from '@mikro-orm/migrations';

const platform = 'usage_gateway_platform';
const tenant = 'usage_gateway_tenant';
const ownTenant = `tenant_id = nullif(current_setting('app.tenant', true), '')`;

const tables = ['closed_month', 'adjustment', 'statement_line', 'statement_adjustment', 'statement_zone'];

/** Statements of months: what closed ones hold, and what changed of closed months since. */
export class Migration20261128110000_statements extends Migration {
  override up(): void {
    this.addSql(`
      create table closed_month (
        tenant_id text collate "C" not null,
        month date not null,
        from_at timestamptz(3) not null,
        to_at timestamptz(3) not null,
        closed_at timestamptz(3) null,
        primary key (tenant_id, month)
      )`);
    this.addSql(`
      create table adjustment (
        tenant_id text collate "C" not null,
        at timestamptz(3) not null,
        adjustment_id uuid not null,
        month date not null,
        reason text collate "C" not null,
        provider text collate "C" not null,
        model text collate "C" not null,
        calls bigint not null,
        cost_usd numeric not null,
        primary key (tenant_id, at, adjustment_id)
      )`);
    this.addSql(`
      create table statement_line (
        tenant_id text collate "C" not null,
        month date not null,
        provider text collate "C" not null,
        model text collate "C" not null,
        calls bigint not null,
        failed_calls bigint not null,
        cost_usd numeric not null,
        input_cost_usd numeric not null,
        cached_input_cost_usd numeric not null,
        cache_write_cost_usd numeric not null,
        output_cost_usd numeric not null,
        units_cost_usd numeric not null,
        cache_savings_usd numeric not null,
        unpriced_calls bigint not null,
        duration_count bigint not null,
        duration_total numeric not null,
        duration_min bigint null,
        duration_max bigint null,
        duration_sketch bytea not null,
        first_token_count bigint not null,
        first_token_total numeric not null,
        first_token_min bigint null,
        first_token_max bigint null,
        first_token_sketch bytea not null,
        input_total bigint not null,
        input_min integer not null,
        input_max integer not null,
        input_sketch bytea not null,
        output_total bigint not null,
        output_min integer not null,
        output_max integer not null,
        output_sketch bytea not null,
        cached_input_tokens bigint not null,
        cache_write_tokens bigint not null,
        reasoning_tokens bigint not null,
        units jsonb null,
        primary key (tenant_id, month, provider, model)
      )`);
    this.addSql(`
      create table statement_adjustment (
        tenant_id text collate "C" not null,
        statement_month date not null,
        adjustment_id uuid not null,
        month date not null,
        reason text collate "C" not null,
        provider text collate "C" not null,
        model text collate "C" not null,
        at timestamptz(3) not null,
        calls bigint not null,
        cost_usd numeric not null,
        primary key (tenant_id, statement_month, adjustment_id)
      )`);
    this.addSql(`
      create table statement_zone (
        tenant_id text collate "C" not null,
        month date not null,
        timezone text not null,
        primary key (tenant_id, month)
      )`);
    for (const table of tables) {
      this.addSql(`create policy own_tenant on ${table} to ${tenant} using (${ownTenant}) with check (${ownTenant})`);
      this.addSql(`create policy whole_platform on ${table} to ${platform} using (true) with check (true)`);
      this.addSql(`grant select, insert on ${table} to ${platform}`);
      this.addSql(`grant select on ${table} to ${tenant}`);
      this.addSql(`alter table ${table} enable row level security, force row level security`);
    }
    // What a closed statement holds is never changed or deleted.
    for (const table of ['closed_month', 'adjustment', 'statement_zone'])
      this.addSql(`grant delete on ${table} to ${platform}`);
    this.addSql(`grant update (closed_at) on closed_month to ${platform}`);
    // Tenants' admins void calls, in closed months too.
    this.addSql(`grant insert on adjustment to ${tenant}`);
  }
}
