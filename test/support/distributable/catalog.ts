import type { Orm } from '../../../src/database/orm.ts';
import { distributedTables, referenceTables } from './problems.ts';

interface Catalog {
  tables: string[];
  keys: { table: string; name: string; is_primary: boolean; columns: string[] }[];
  references: { from: string; name: string; columns: string[]; to: string; to_columns: string[] }[];
}

const catalogSql = `
  with names as (
    select attrelid as relation, attnum as place, attname::text as name from pg_attribute
  )
  select
    (select json_agg(relname) from pg_class join names on relation = oid and name = 'tenant_id'
      where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace) as tables,
    (select json_agg(json_build_object(
        'table', indrelid::regclass::text, 'name', indexrelid::regclass::text, 'is_primary', indisprimary,
        'columns', array(
          select names.name from unnest(indkey) with ordinality as part(place, no)
          join names on relation = indrelid and names.place = part.place order by no)))
      from pg_index where indisunique or indisexclusion) as keys,
    (select json_agg(json_build_object(
        'from', conrelid::regclass::text, 'name', conname, 'to', confrelid::regclass::text,
        'columns', array(select name from names where relation = conrelid and place = any(conkey)),
        'to_columns', array(select name from names where relation = confrelid and place = any(confkey))))
      from pg_constraint where contype = 'f') as "references"`;

const isDistributed = (table: string) => distributedTables.includes(table);

/** What keeps the tables of a database from being distributed by tenant, in words. */
export async function problemsOfTables({ em }: Orm): Promise<string[]> {
  const [catalog] = await em.fork().execute<Catalog[]>(catalogSql);
  if (!catalog) throw new Error('The catalog cannot be read.');
  const { tables, keys, references } = catalog;
  return [
    ...tables
      .filter((table) => !isDistributed(table) && !referenceTables.includes(table))
      .map((table) => `${table} is neither distributed nor a reference table`),
    ...distributedTables
      .filter((table) => !keys.some((key) => key.table === table && key.is_primary && key.columns[0] === 'tenant_id'))
      .map((table) => `${table} has no primary key that begins with tenant_id`),
    ...keys
      .filter(({ table, columns }) => isDistributed(table) && !columns.includes('tenant_id'))
      .map(({ name }) => `${name} is unique without tenant_id`),
    ...references
      .filter(({ from, to }) => isDistributed(from) || isDistributed(to))
      .filter(
        ({ from, to, columns, to_columns }) =>
          !columns.includes('tenant_id') ||
          !to_columns.includes('tenant_id') ||
          !(isDistributed(from) && (isDistributed(to) || to === 'tenant')),
      )
      .map(({ name }) => `${name} refers to rows that may be those of other tenants`),
  ];
}
