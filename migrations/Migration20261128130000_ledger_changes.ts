import { Migration } from '@mikro-orm/migrations';

/**
 * Counts the changes of a tenant's ledger that its summaries hold. With those that wait to be folded it tells, without
 * reading a call, whether anything has changed: a fold moves what it takes from one to the other.
 */
export class Migration20261128130000_ledger_changes extends Migration {
  override up(): void {
    this.addSql('alter table rollup_mark add folded_changes bigint not null default 0');
  }
}
