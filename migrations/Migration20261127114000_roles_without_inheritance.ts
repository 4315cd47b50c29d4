import { Migration } from '@mikro-orm/migrations';

const platform = 'usage_gateway_platform';
const tenant = 'usage_gateway_tenant';
const server = 'usage_gateway_server';

/**
 * Whoever connects may take the roles but has none of their rights, so that it sees no row by itself. Before PostgreSQL 16 a
 * grant cannot say so, but a role between the two that inherits nothing can.
 */
export class Migration20261127114000_roles_without_inheritance extends Migration {
  override up(): void {
    this.addSql(`
      do $$
      begin
        if not exists (select from pg_roles where rolname = '${server}') then
          begin
            create role ${server} nologin noinherit;
          exception when duplicate_object or unique_violation then null;
          end;
        end if;
        if not pg_has_role('${server}', '${platform}', 'MEMBER') or not pg_has_role('${server}', '${tenant}', 'MEMBER') then
          grant ${platform}, ${tenant} to ${server};
        end if;
        if current_setting('server_version_num')::int < 160000 and exists (
          select from pg_auth_members
          where member = current_user::regrole and roleid in ('${platform}'::regrole, '${tenant}'::regrole)
        ) then
          execute format('grant ${server} to %I', current_user);
          execute format('revoke ${platform}, ${tenant} from %I', current_user);
        end if;
      -- Then an administrator made the grants, and only an administrator can change them.
      exception when insufficient_privilege or unique_violation then null;
      end $$`);
  }
}
