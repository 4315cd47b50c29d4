import { Migration } from '@mikro-orm/migrations';

export class Migration20261122203000_hold_up_recording extends Migration {
  override up(): void {
    // Who serves may not change calls, and for that reason not lock them against others either. This much it may.
    this.addSql(`
      create function hold_up_recording() returns void language plpgsql security definer set search_path from current
      as 'begin lock table usage_call in share mode; end'`);
    this.addSql('revoke execute on function hold_up_recording() from public');
    this.addSql('grant execute on function hold_up_recording() to usage_gateway_platform');
  }
}
