import { Migration } from '@mikro-orm/migrations';

/** A deletion locks its tenant's row in "rollup_mark", which recording passes over, and no longer the whole ledger. */
export class Migration20261127113000_deletion_by_tenant extends Migration {
  override up(): void {
    this.addSql('drop function hold_up_recording()');
  }
}
