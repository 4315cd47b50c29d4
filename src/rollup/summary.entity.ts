import { defineEntity, p } from '@mikro-orm/postgresql';
import { DecimalType } from '../database/decimal.type.ts';
import { ownRows } from '../database/row-level-security.ts';
import type { TenantId } from '../values/identifier.ts';
import { dimension } from './dimensions.ts';
import { tableLevels, type Grain, type Level } from './levels.ts';
import { summaryColumns, type SummaryColumn } from './summary-columns.ts';

const propertyOf = {
  bigint: () => p.bigint(),
  integer: () => p.integer(),
  numeric: () => p.type(DecimalType),
  bytea: () => p.blob(),
  jsonb: () => p.json(),
} as const;

const measured = ({ type, nullable }: SummaryColumn) => (nullable ? propertyOf[type]().nullable() : propertyOf[type]());

const camelCase = (column: string) => column.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase());

/** The columns of all summaries, as properties of an entity. */
export const measuredProperties = Object.fromEntries(
  summaryColumns.map((column) => [camelCase(column.name), measured(column)]),
);

/** "TenantSummary" of "tenant_summary". */
const entityName = ({ table }: Level) => camelCase(`_${table}`);

/**
 * The calls of a tenant in an hour, a day or a month, by the level's dimensions: what they add up to. Money is numeric,
 * sketches are as in sketch.ts.
 */
const summaryEntity = (level: Level) =>
  defineEntity({
    name: entityName(level),
    tableName: level.table,
    ...ownRows,
    properties: {
      tenantId: p.text().$type<TenantId>().collation('C').primary(),
      ...(level.tag === undefined ? {} : { tagName: p.text().collation('C').primary() }),
      grain: p.text().$type<Grain>().collation('C').primary(),
      startsAt: p.datetime(3).primary(),
      ...Object.fromEntries(
        level.dimensions.map((name) => {
          const text = p.text().collation('C').fieldName(dimension(name).column);
          return [name, level.hashed ? text : text.primary()];
        }),
      ),
      ...(level.hashed ? { dimensionsHash: p.blob().primary() } : {}),
      ...measuredProperties,
    },
  });

/** Every table of summaries. */
export const summaryEntities = tableLevels.map(summaryEntity);
