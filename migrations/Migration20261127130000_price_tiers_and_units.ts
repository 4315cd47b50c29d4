import { Migration } from '@mikro-orm/migrations';

const text = (name: string) => `text_range(${name}, ${name}, '[]') with =`;

/** Prices of service tiers, of long contexts and of units; and price lists that operators bring. */
export class Migration20261127130000_price_tiers_and_units extends Migration {
  override up(): void {
    this.addSql(`
      alter table model_price
        add service_tier text collate "C" not null default 'standard',
        add cache_write1h_usd_per_million numeric null check (cache_write1h_usd_per_million >= 0),
        add tiers jsonb not null default '[]',
        add units jsonb not null default '[]'`);
    this.addSql(`
      alter table model_price drop constraint model_price_one_at_a_time,
        add constraint model_price_one_at_a_time exclude using gist (
          text_range(coalesce(tenant_id, ''), coalesce(tenant_id, ''), '[]') with =,
          ${text('provider_key')},
          ${text('model_key')},
          ${text('service_tier')},
          tstzrange(effective_from, effective_to) with &&)`);

    this.addSql(`
      create table price_catalogue (
        id smallint not null primary key,
        version text collate "C" not null,
        providers jsonb not null,
        updated_at timestamptz(3) not null
      )`);
    this.addSql('grant select, insert, update, delete on price_catalogue to usage_gateway_platform');
    this.addSql('grant select on price_catalogue to usage_gateway_tenant');
    // Which list holds: null for the one that the gateway comes with.
    this.addSql('alter table model_price_revision add catalogue_version text collate "C" null');
  }
}
