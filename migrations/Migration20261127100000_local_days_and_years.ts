import { Migration } from '@mikro-orm/migrations';

const numbers = `sum(calls), sum(failed_calls), sum(unpriced_calls), sum(cached_input_tokens), sum(reasoning_tokens),
  sum(duration_count), min(duration_min), max(duration_max), sum(input_total), sum(output_total), min(input_min),
  max(input_max), min(output_min), max(output_max), sum(duration_total), sum(cost_usd)`;
const numberColumns = `calls, failed_calls, unpriced_calls, cached_input_tokens, reasoning_tokens, duration_count,
  duration_min, duration_max, input_total, output_total, input_min, input_max, output_min, output_max, duration_total,
  cost_usd`;
const sketches = ['duration_sketch', 'input_sketch', 'output_sketch'];

const grains = ['HOUR', 'DAY', 'MONTH', 'YEAR', 'LOCAL_DAY', 'LOCAL_MONTH'];

export class Migration20261127100000_local_days_and_years extends Migration {
  override up(): void {
    // Days and months of tenants' own time zones are found by these spans, which the gateway writes: PostgreSQL's data of
    // time zones may be of another version.
    this.addSql(`
      create table clock_span (
        name text collate "C" not null,
        since timestamptz(3) not null,
        utc_offset interval not null,
        day_began timestamptz(3) not null,
        month_began timestamptz(3) not null,
        primary key (name, since)
      )`);
    this.addSql('grant select, insert on clock_span to usage_gateway_platform');
    this.addSql('grant select on clock_span to usage_gateway_tenant');
    // The clock of a tenant when it was last weighed, which its local days and months are of.
    this.addSql('alter table rollup_mark add clock text null');

    this.addSql(`
      alter table tenant_summary drop constraint tenant_summary_grain_check,
        add constraint tenant_summary_grain_check check (grain in (${grains.map((grain) => `'${grain}'`).join(', ')}))`);
    // Without "force" the owner sees all rows.
    this.addSql('alter table tenant_summary no force row level security');
    this.addSql(`
      insert into tenant_summary (tenant_id, grain, starts_at, ${[numberColumns, ...sketches].join(', ')})
      select tenant_id, 'YEAR', date_trunc('year', starts_at, 'UTC'), ${numbers},
        ${sketches.map((sketch) => `sketch_compact(string_agg(${sketch}, ''))`).join(', ')}
      from tenant_summary where grain = 'MONTH' group by 1, 2, 3`);
    this.addSql('alter table tenant_summary force row level security');

    // Compacted every 1,024 entries instead of every 512, which was most of what folding into years took.
    this.addSql(`
      create or replace function sketch_add(sketch bytea, more bytea) returns bytea language sql immutable parallel safe
      return case
        when octet_length(sketch) / 6144 < (octet_length(sketch) + octet_length(more)) / 6144
          then sketch_compact(sketch || more)
        else sketch || more
      end`);
  }
}
