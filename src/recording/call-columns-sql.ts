import { UnderscoreNamingStrategy } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { compiled } from './compiled.ts';
import { fieldNamed, fieldNames, type FieldName } from './field-groups.ts';
import type { JsonValue } from './field-kinds.ts';
import type { NewCall } from './validate-call.ts';

// The strategy that names the entity's columns.
const naming = new UnderscoreNamingStrategy();
const columnOf = (field: FieldName): string => naming.propertyToColumnName(field);

const listed = (itemOf: (field: FieldName) => string) => sql.raw(fieldNames.map(itemOf).join(', '));

/** Columns of the ledger, one per field: tenant_id, request_id, occurred_at, … */
export const columns = listed(columnOf);

/** The same columns of a recordset of calls, with their types: tenant_id text, request_id text, … */
export const definitions = listed((field) => `${columnOf(field)} ${fieldNamed[field].kind.sqlType}`);

/** Values for the columns, from a recordset named "call": call.tenant_id, coalesce(call.input_tokens, 0), … */
export const values = listed((field) => {
  const value = `call.${columnOf(field)}`;
  if (field === 'recordedAt') return `coalesce(${value}, now())`;
  if (field === 'contentHash') return `decode(${value}, 'base64')`;
  return fieldNamed[field].leftOut === 0 ? `coalesce(${value}, 0)` : value;
});

/** Functions that write a field's value as JSON, by field; none for values that are JSON already. */
const toJson = Object.fromEntries(fieldNames.map((field) => [field, fieldNamed[field].kind.toJson]));

/** Nulls and most zeros are left out, since every byte must be written here and parsed by the database. */
function valueText(field: FieldName): string {
  const value = `call.${field}`;
  if (toJson[field]) return `${value} ? toJson.${field}(${value}) : undefined`;
  return fieldNamed[field].leftOut === 0 ? `${value} || undefined` : `${value} ?? undefined`;
}

/** A call as a record of the recordset: { tenant_id: call.tenantId, …, input_tokens: call.inputTokens || undefined, … } */
export const toRecord = compiled<[call: NewCall], Record<string, JsonValue | undefined>>(
  'call',
  `return { ${fieldNames.map((field) => `${columnOf(field)}: ${valueText(field)}`).join(', ')} };`,
  { toJson },
);
