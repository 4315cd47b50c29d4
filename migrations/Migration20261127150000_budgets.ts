import { Migration } from '@mikro-orm/migrations';

const platform = 'usage_gateway_platform';
const tenant = 'usage_gateway_tenant';
const ownTenant = `tenant_id = nullif(current_setting('app.tenant', true), '')`;

const tables = ['budget', 'budget_counter', 'budget_event'];
const read = ['tenant', 'agent', 'usage_call', 'rollup_mark'];

/** Budgets, what is counted of them, and what they told. Monthly limits of agents become budgets. */
export class Migration20261127150000_budgets extends Migration {
  override up(): void {
    this.addSql(`
      create table budget (
        tenant_id text collate "C" not null,
        budget_id text collate "C" not null,
        name text not null,
        scope_dimension text collate "C" null,
        scope_values text[] not null,
        each_dimension text collate "C" null,
        metric text not null check (metric in ('COST_USD', 'TOTAL_TOKENS', 'CALLS')),
        period text not null check (period in ('DAY', 'WEEK', 'MONTH', 'YEAR', 'TOTAL')),
        action text not null check (action in ('NOTIFY', 'BLOCK')),
        limit_amount numeric not null,
        thresholds text[] not null,
        zones jsonb not null,
        counts_from timestamptz(3) not null,
        created_at timestamptz(3) not null,
        primary key (tenant_id, budget_id)
      )`);
    this.addSql(`
      create table budget_counter (
        tenant_id text collate "C" not null,
        budget_id text collate "C" not null,
        period_start timestamptz(3) not null,
        value text collate "C" not null,
        spent numeric not null,
        primary key (tenant_id, budget_id, period_start, value)
      ) with (fillfactor = 50)`);
    this.addSql(`
      create table budget_event (
        tenant_id text collate "C" not null,
        budget_id text collate "C" not null,
        period_start timestamptz(3) not null,
        value text collate "C" not null,
        threshold numeric not null,
        event_id text collate "C" not null,
        at timestamptz(3) not null,
        spent numeric not null,
        limit_amount numeric not null,
        primary key (tenant_id, budget_id, period_start, value, threshold)
      )`);
    this.addSql('create index budget_event_newest_first on budget_event (tenant_id, at, event_id)');
    for (const table of tables) {
      this.addSql(`create policy own_tenant on ${table} to ${tenant} using (${ownTenant}) with check (${ownTenant})`);
      this.addSql(`create policy whole_platform on ${table} to ${platform} using (true) with check (true)`);
      this.addSql(`grant select, insert, update, delete on ${table} to ${platform}, ${tenant}`);
    }

    // Recording knows the budgets of a revision; empty for a tenant without any.
    this.addSql(`alter table rollup_mark add budget_revision text collate "C" not null default ''`);
    this.addSql(`grant update (budget_revision) on rollup_mark to ${tenant}`);

    for (const table of read) this.addSql(`alter table ${table} no force row level security`);
    this.addSql(`
      create temporary table limited on commit drop as
      select agent.tenant_id, agent_id, budget_limit_usd, timezone,
        date_trunc('month', now() at time zone clock.name) at time zone clock.name as starts_at,
        (date_trunc('month', now() at time zone clock.name) + interval '1 month') at time zone clock.name as ends_at
      from agent
      join tenant on tenant.tenant_id = agent.tenant_id
      join (
        select tenant_id, case when exists (select from pg_timezone_names where name = timezone) then timezone else 'UTC' end as name
        from tenant
        where exists (select from agent where agent.tenant_id = tenant.tenant_id and budget_limit_usd is not null)
      ) clock on clock.tenant_id = agent.tenant_id
      where budget_limit_usd is not null`);
    this.addSql(`
      insert into budget (tenant_id, budget_id, name, scope_dimension, scope_values, metric, period, action,
        limit_amount, thresholds, zones, counts_from, created_at)
      select tenant_id, 'agent:' || agent_id, 'Monthly budget of ' || agent_id, 'agentId', array[agent_id], 'COST_USD',
        'MONTH', 'NOTIFY', budget_limit_usd, '{0.8,1}',
        jsonb_build_array(jsonb_build_object('timezone', timezone, 'from', null)), starts_at, now()
      from limited`);
    this.addSql(`
      insert into budget_counter (tenant_id, budget_id, period_start, value, spent)
      select limited.tenant_id, 'agent:' || limited.agent_id, starts_at, '', coalesce(sum(cost_usd), 0)
      from limited
      join usage_call call on call.tenant_id = limited.tenant_id and call.agent_id = limited.agent_id
        and occurred_at >= starts_at and occurred_at < ends_at and voided_at is null
      group by limited.tenant_id, limited.agent_id, starts_at`);
    this.addSql(`
      update rollup_mark set budget_revision = gen_random_uuid()::text
      where exists (select from limited where limited.tenant_id = rollup_mark.tenant_id)`);
    for (const table of read) this.addSql(`alter table ${table} force row level security`);
    for (const table of tables) this.addSql(`alter table ${table} enable row level security, force row level security`);
  }
}
