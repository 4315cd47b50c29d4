import { Migration } from '@mikro-orm/migrations';

/** Budgets that watch for spikes: counters by hour, and events of hours that are far above what is usual. */
export class Migration20261128080000_spikes extends Migration {
  override up(): void {
    this.addSql(`
      alter table budget
        alter limit_amount drop not null,
        add spike_factor numeric null,
        add spike_floor numeric null,
        add constraint budget_limit_or_spike check (
          limit_amount is not null and spike_factor is null and spike_floor is null
          or limit_amount is null and spike_factor is not null and spike_floor is not null and action = 'NOTIFY')`);
    this.addSql('alter table budget_counter add calls bigint null');
    this.addSql('create index budget_counter_by_value on budget_counter (tenant_id, budget_id, value, period_start)');
    this.addSql('alter table budget_event alter limit_amount drop not null, add usual numeric null');
  }
}
