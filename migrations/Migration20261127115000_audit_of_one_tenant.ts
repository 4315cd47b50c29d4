import { Migration } from '@mikro-orm/migrations';

/** Tells the audit rows of a tenant from those of a deleted one that had the same id. */
export class Migration20261127115000_audit_of_one_tenant extends Migration {
  override up(): void {
    this.addSql('alter table audit_event add tenant_created_at timestamptz(3) null');
    // Without "force" the owner sees all rows.
    for (const table of ['audit_event', 'tenant']) this.addSql(`alter table ${table} no force row level security`);
    this.addSql(`
      update audit_event set tenant_created_at = tenant.created_at
      from tenant
      where tenant.tenant_id = audit_event.tenant_id and not exists (
        select from audit_event deletion
        where deletion.tenant_id = audit_event.tenant_id and deletion.action = 'tenant.delete'
          and (deletion.at, deletion.id) >= (audit_event.at, audit_event.id))`);
    for (const table of ['audit_event', 'tenant']) this.addSql(`alter table ${table} force row level security`);
  }
}
