import { Migration } from '@mikro-orm/migrations';

export class Migration20261122120000_prices_voids_audit extends Migration {
  override up(): void {
    // Ranges are what PostgreSQL's own GiST index compares; text alone would need an extension.
    this.addSql(`create type text_range as range (subtype = text, collation = "C")`);

    this.addSql(`
      create table model_price (
        id text collate "C" not null primary key,
        tenant_id text collate "C" null references tenant,
        provider text collate "C" not null,
        model text collate "C" not null,
        provider_key text collate "C" not null,
        model_key text collate "C" not null,
        effective_from timestamptz(3) not null,
        effective_to timestamptz(3) null check (effective_to > effective_from),
        input_usd_per_million numeric not null check (input_usd_per_million >= 0),
        output_usd_per_million numeric not null check (output_usd_per_million >= 0),
        cached_input_usd_per_million numeric null check (cached_input_usd_per_million >= 0),
        cache_write_usd_per_million numeric null check (cache_write_usd_per_million >= 0),
        reasoning_usd_per_million numeric null check (reasoning_usd_per_million >= 0),
        created_at timestamptz(3) not null default now(),
        constraint model_price_one_at_a_time exclude using gist (
          text_range(coalesce(tenant_id, ''), coalesce(tenant_id, ''), '[]') with =,
          text_range(provider_key, provider_key, '[]') with =,
          text_range(model_key, model_key, '[]') with =,
          tstzrange(effective_from, effective_to) with &&)
      )`);
    this.addSql('create index model_price_by_name on model_price (provider_key, model_key, tenant_id)');
    // Counts the changes of all prices, so that what was read of them can be told to be still true.
    this.addSql('create table model_price_revision (id smallint not null primary key, revision bigint not null)');
    this.addSql('insert into model_price_revision values (1, 0)');

    this.addSql(`
      create table audit_event (
        id text collate "C" not null primary key,
        at timestamptz(3) not null,
        actor text collate "C" not null,
        subject text collate "C" null,
        action text collate "C" not null,
        tenant_id text collate "C" null,
        target text null,
        details jsonb null
      )`);
    this.addSql('create index audit_event_newest_first on audit_event (tenant_id, at, id)');

    this.addSql(`
      alter table usage_call
        add price_id text collate "C" null,
        add void_reason text null,
        add voided_by text collate "C" null,
        add constraint usage_call_price_where_priced check (
          (price_id is not null) = (cost_source in ('TENANT_PRICE', 'PLATFORM_PRICE', 'CATALOGUE'))),
        add constraint usage_call_void_has_reason check (
          (voided_at is null) = (void_reason is null) and (voided_at is null) = (voided_by is null))`);
  }
}
