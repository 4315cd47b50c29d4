import { Migration } from '@mikro-orm/migrations';

export class Migration20261122190000_people extends Migration {
  override up(): void {
    // Who signs in elsewhere. Without a membership there is neither tenant nor role.
    this.addSql(`
      create table portal_user (
        id text collate "C" not null primary key,
        subject text collate "C" not null unique,
        tenant_id text collate "C" null references tenant,
        role text collate "C" null check (role in ('SUPERUSER', 'TENANT_ADMIN', 'TENANT_MEMBER')),
        email text collate "C" not null,
        name text null,
        created_at timestamptz(3) not null default now(),
        constraint portal_user_tenant_unless_superuser check (
          (tenant_id is not null) = (role is not null and role <> 'SUPERUSER'))
      )`);
    this.addSql('create index portal_user_by_tenant on portal_user (tenant_id, email, id)');

    this.addSql(`
      create table invitation (
        id text collate "C" not null primary key,
        tenant_id text collate "C" null references tenant,
        role text collate "C" not null check (role in ('SUPERUSER', 'TENANT_ADMIN', 'TENANT_MEMBER')),
        email text collate "C" not null check (email = lower(email)),
        invited_by text collate "C" not null,
        created_at timestamptz(3) not null,
        expires_at timestamptz(3) not null,
        accepted_at timestamptz(3) null,
        revoked_at timestamptz(3) null,
        constraint invitation_tenant_unless_superuser check ((tenant_id is null) = (role = 'SUPERUSER')),
        constraint invitation_ends_once check (accepted_at is null or revoked_at is null)
      )`);
    this.addSql('create index invitation_by_email on invitation (email, created_at, id)');
    this.addSql('create index invitation_by_tenant on invitation (tenant_id, created_at, id)');

    // A superuser who reads what a tenant's admin reads.
    this.addSql(`
      create table impersonation (
        id text collate "C" not null primary key,
        tenant_id text collate "C" not null references tenant,
        superuser text collate "C" not null,
        reason text not null,
        token_hash bytea not null,
        started_at timestamptz(3) not null,
        expires_at timestamptz(3) not null,
        stopped_at timestamptz(3) null
      )`);
    this.addSql('create index impersonation_by_superuser on impersonation (superuser, expires_at)');

    // The secret before the last rotation, for as long as it still opens the door.
    this.addSql(`
      alter table api_key
        add previous_secret_hash bytea null,
        add previous_secret_until timestamptz(3) null,
        add constraint api_key_previous_secret_ends check ((previous_secret_hash is null) = (previous_secret_until is null))`);
    this.addSql('create index api_key_by_tenant on api_key (tenant_id, created_at, id)');
    this.addSql('create index audit_event_all_newest_first on audit_event (at, id)');
  }
}
