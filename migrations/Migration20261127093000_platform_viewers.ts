import { Migration } from '@mikro-orm/migrations';

const roles = `('SUPERUSER', 'PLATFORM_VIEWER', 'TENANT_ADMIN', 'TENANT_MEMBER')`;
const ofPlatform = `('SUPERUSER', 'PLATFORM_VIEWER')`;

/** Who reads all tenants and changes nothing. */
export class Migration20261127093000_platform_viewers extends Migration {
  override up(): void {
    for (const table of ['api_key', 'portal_user', 'invitation'])
      this.addSql(`
        alter table ${table} drop constraint ${table}_role_check,
          add constraint ${table}_role_check check (role in ${roles})`);
    this.addSql(`
      alter table api_key drop constraint api_key_tenant_unless_superuser,
        add constraint api_key_tenant_unless_of_platform
          check ((tenant_id is null) = (role is not null and role in ${ofPlatform}))`);
    this.addSql(`
      alter table portal_user drop constraint portal_user_tenant_unless_superuser,
        add constraint portal_user_tenant_unless_of_platform
          check ((tenant_id is not null) = (role is not null and role not in ${ofPlatform}))`);
    this.addSql(`
      alter table invitation drop constraint invitation_tenant_unless_superuser,
        add constraint invitation_tenant_unless_of_platform check ((tenant_id is null) = (role in ${ofPlatform}))`);
  }
}
