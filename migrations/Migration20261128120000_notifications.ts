import { Migration } from '@mikro-orm/migrations';

const platform = 'usage_gateway_platform';
const tenant = 'usage_gateway_tenant';
const ownTenant = `tenant_id = nullif(current_setting('app.tenant', true), '')`;

const tables = ['notification_channel', 'notification_delivery'];

/** Where tenants want to be told of events, and what they are told: a row for each channel, written with the event. */
export class Migration20261128120000_notifications extends Migration {
  override up(): void {
    this.addSql(`
      create table notification_channel (
        tenant_id text collate "C" not null,
        channel_id text collate "C" not null,
        name text not null,
        kind text not null check (kind in ('WEBHOOK', 'SLACK')),
        url text not null,
        events text[] not null,
        enabled boolean not null,
        secret text null,
        previous_secret text null,
        previous_secret_until timestamptz(3) null,
        created_at timestamptz(3) not null,
        lease_id uuid null,
        leased_until timestamptz(3) null,
        primary key (tenant_id, channel_id)
      )`);
    this.addSql(`
      create table notification_delivery (
        tenant_id text collate "C" not null,
        delivery_id text collate "C" not null,
        channel_id text collate "C" not null,
        event text collate "C" not null,
        test boolean not null default false,
        at timestamptz(3) not null,
        place integer not null,
        data jsonb not null,
        status text collate "C" not null default 'PENDING' check (status in ('PENDING', 'DELIVERED', 'FAILED')),
        attempts integer not null default 0,
        next_attempt_at timestamptz(3) null,
        last_status_code integer null,
        last_error text null,
        primary key (tenant_id, delivery_id)
      ) with (fillfactor = 80)`);
    this.addSql(`
      create index notification_delivery_newest_first
        on notification_delivery (tenant_id, channel_id, at, place, delivery_id)`);
    this.addSql(`
      create index notification_delivery_pending
        on notification_delivery (tenant_id, channel_id, test desc, at, place, delivery_id) where status = 'PENDING'`);
    for (const table of tables) {
      this.addSql(`create policy own_tenant on ${table} to ${tenant} using (${ownTenant}) with check (${ownTenant})`);
      this.addSql(`create policy whole_platform on ${table} to ${platform} using (true) with check (true)`);
      this.addSql(`grant select, insert, update, delete on ${table} to ${platform}, ${tenant}`);
      this.addSql(`alter table ${table} enable row level security, force row level security`);
    }
  }
}
