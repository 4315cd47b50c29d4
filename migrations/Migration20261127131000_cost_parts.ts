import { Migration } from '@mikro-orm/migrations';

const parts = ['input_cost_usd', 'cached_input_cost_usd', 'cache_write_cost_usd', 'output_cost_usd', 'units_cost_usd'];
const savings = 'cache_savings_usd';

const summaries = ['tenant_summary', 'agent_summary', 'model_summary', 'user_summary', 'detail_summary', 'tag_summary'];

export class Migration20261127131000_cost_parts extends Migration {
  override up(): void {
    // Parts of a computed cost; null for one that is zero, and for costs that came as one number or from before.
    this.addSql(`
      alter table usage_call
        ${[...parts, savings].map((column) => `add ${column} numeric null`).join(', ')},
        add unpriced_reason text null`);
    for (const table of summaries) {
      const each = (act: (column: string) => string) => [...parts, savings].map(act).join(', ');
      this.addSql(`alter table ${table} ${each((column) => `add ${column} numeric not null default 0`)}`);
      this.addSql(`alter table ${table} ${each((column) => `alter ${column} drop default`)}`);
    }
  }
}
