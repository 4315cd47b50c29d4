import { Migration } from '@mikro-orm/migrations';

export class Migration20261122193000_users_in_time_index extends Migration {
  override up(): void {
    // With the user in it, the calls of one are found without reading those of all.
    this.addSql(`
      create index usage_call_newest_first_with_user on usage_call (tenant_id, occurred_at, request_id) include (user_id)`);
    this.addSql('drop index usage_call_newest_first');
    this.addSql('alter index usage_call_newest_first_with_user rename to usage_call_newest_first');
    // Which users make most of a tenant's calls, or the planner takes every user for a rare one.
    this.addSql('create statistics usage_call_users (mcv) on tenant_id, user_id from usage_call');
  }
}
