import { Migration } from '@mikro-orm/migrations';

const columns = ['calls_per_second', 'requests_per_second'];

/** Rate limits of keys and tenants; null where those of the settings apply. */
export class Migration20261127110000_rate_limits extends Migration {
  override up(): void {
    for (const table of ['api_key', 'tenant'])
      for (const column of columns)
        this.addSql(`
          alter table ${table} add ${column} double precision null
            constraint ${table}_${column}_check check (${column} between 0.01 and 1000000)`);
  }
}
