import { Migration } from '@mikro-orm/migrations';

// Text that is compared or sorted has the "C" collation: the same order on every server, and the fastest index.
export class Migration20261122090000_tenants_keys_ledger extends Migration {
  override up(): void {
    this.addSql(`
      create table tenant (
        tenant_id text collate "C" not null primary key,
        name text not null,
        timezone text not null default 'UTC',
        created_at timestamptz(3) not null default now()
      )`);

    this.addSql(`
      create table agent (
        tenant_id text collate "C" not null references tenant,
        agent_id text collate "C" not null,
        name text collate "C" not null,
        budget_limit_usd numeric null,
        created_at timestamptz(3) not null default now(),
        primary key (tenant_id, agent_id)
      )`);

    this.addSql(`
      create table api_key (
        id text collate "C" not null primary key,
        tenant_id text collate "C" null references tenant,
        name text not null,
        secret_hash bytea not null,
        role text null check (role in ('SUPERUSER', 'TENANT_ADMIN', 'TENANT_MEMBER')),
        scopes text[] not null default '{}' check (scopes <@ array['usage:read', 'usage:write']),
        created_at timestamptz(3) not null default now(),
        expires_at timestamptz(3) null,
        revoked_at timestamptz(3) null,
        last_used_at timestamptz(3) null,
        constraint api_key_role_or_scopes check ((role is null) = (scopes <> '{}')),
        constraint api_key_tenant_unless_superuser check ((tenant_id is null) = (role is not distinct from 'SUPERUSER'))
      )`);

    this.addSql(`
      create table usage_call (
        tenant_id text collate "C" not null,
        request_id text collate "C" not null,
        occurred_at timestamptz(3) not null,
        recorded_at timestamptz(3) not null default now(),
        agent_id text collate "C" null,
        provider text collate "C" not null,
        model text collate "C" not null,
        operation text collate "C" null,
        channel_id text collate "C" null,
        user_id text collate "C" null,
        bot_id text collate "C" null,
        thread_id text collate "C" null,
        knowledge_base_id text collate "C" null,
        input_tokens integer not null,
        output_tokens integer not null,
        cached_input_tokens integer not null,
        cache_write_tokens integer not null,
        reasoning_tokens integer not null,
        duration_ms bigint null check (duration_ms >= 0),
        status text collate "C" not null check (status in ('SUCCESS', 'FAILED')),
        cost_usd numeric null check (cost_usd >= 0),
        cost_source text collate "C" not null check (cost_source in ('CALLER', 'TENANT_PRICE', 'PLATFORM_PRICE', 'CATALOGUE', 'UNPRICED')),
        content_hash bytea not null,
        voided_at timestamptz(3) null,
        metadata jsonb null,
        primary key (tenant_id, request_id),
        constraint usage_call_input_tokens_nest check (
          input_tokens >= 0 and cached_input_tokens >= 0 and cache_write_tokens >= 0
          and cached_input_tokens + cache_write_tokens <= input_tokens),
        constraint usage_call_output_tokens_nest check (reasoning_tokens between 0 and output_tokens),
        constraint usage_call_unpriced_has_no_cost check ((cost_usd is null) = (cost_source = 'UNPRICED'))
      )`);
    this.addSql('create index usage_call_newest_first on usage_call (tenant_id, occurred_at, request_id)');
  }
}
