import { Migration } from '@mikro-orm/migrations';

const platform = 'usage_gateway_platform';
const tenant = 'usage_gateway_tenant';

const ownTenant = `tenant_id = nullif(current_setting('app.tenant', true), '')`;

const all = 'select, insert, update, delete';
/** What changes of a call: that it is void, and, in a ledger from another server, who recorded it. */
const marks = 'voided_at, void_reason, voided_by, voided_xid, recorded_xid';

/** Tables of tenants' rows, with what each role may do. Nobody changes or removes an audit row, or removes a call. */
const tables: { name: string; platform: string; tenant: string; seen?: string }[] = [
  { name: 'tenant', platform: all, tenant: 'select' },
  { name: 'agent', platform: all, tenant: all },
  { name: 'api_key', platform: all, tenant: 'select, insert, update' },
  { name: 'portal_user', platform: all, tenant: 'select' },
  { name: 'invitation', platform: all, tenant: 'select, insert, update' },
  { name: 'impersonation', platform: all, tenant: 'select' },
  {
    name: 'model_price',
    platform: all,
    tenant: 'select, insert, update',
    seen: `tenant_id is null or ${ownTenant}`,
  },
  { name: 'audit_event', platform: 'select, insert', tenant: 'select, insert' },
  { name: 'usage_call', platform: `select, insert, update (${marks})`, tenant: `select, update (${marks})` },
  ...['tenant_summary', 'detail_summary', 'agent_summary', 'model_summary', 'rollup_mark'].map((name) => ({
    name,
    platform: all,
    tenant: 'select',
  })),
];

export class Migration20261122200000_row_level_security extends Migration {
  override up(): void {
    // Roles belong to the server, where another database, or the operator, may have made them.
    this.addSql(`
      do $$
      declare
        role text;
        -- Not to be inherited where that can be said, so that who connects sees nothing without taking a role.
        modern boolean := current_setting('server_version_num')::int >= 160000;
      begin
        foreach role in array array['${platform}', '${tenant}'] loop
          if not exists (select from pg_roles where rolname = role) then
            begin
              execute format('create role %I nologin', role);
            exception when duplicate_object or unique_violation then null;
            end;
          end if;
          if not pg_has_role(current_user, role, case when modern then 'SET' else 'MEMBER' end) then
            execute format('grant %I to %I', role, current_user) || case when modern then ' with inherit false' else '' end;
          end if;
          execute format('grant usage on schema %I to %I', current_schema(), role);
        end loop;
      exception when insufficient_privilege then
        raise exception 'the user % may neither make nor take the roles ${platform} and ${tenant}', current_user
          using errcode = 'insufficient_privilege',
            hint = 'Let an administrator run: create role ${platform} nologin; create role ${tenant} nologin; '
              || format('grant ${platform}, ${tenant} to %I', current_user);
      end $$`);

    for (const { name, platform: byPlatform, tenant: byTenant, seen = ownTenant } of tables) {
      this.addSql(`grant ${byPlatform} on ${name} to ${platform}`);
      this.addSql(`grant ${byTenant} on ${name} to ${tenant}`);
      this.addSql(`alter table ${name} enable row level security, force row level security`);
      this.addSql(`create policy own_tenant on ${name} to ${tenant} using (${seen}) with check (${ownTenant})`);
      this.addSql(`create policy whole_platform on ${name} to ${platform} using (true) with check (true)`);
    }
    this.addSql(`grant select, update on model_price_revision to ${platform}, ${tenant}`);
    // So that who serves need not own anything: it sees that there is nothing left to migrate.
    this.addSql(`grant select on migration to ${platform}`);
  }
}
