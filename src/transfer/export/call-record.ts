import type { Call } from '../../recording/call.entity.ts';
import { compiled } from '../../recording/compiled.ts';
import { fieldNamed, fileFields, type FileField } from '../../recording/field-groups.ts';
import { erasedUser } from '../../values/erased.ts';
import type { JsonValue } from '../../recording/field-kinds.ts';

type CallRecord = Partial<Record<FileField, JsonValue>>;

/** Functions that write a field's value as JSON, by field; none for values that are JSON already. */
const toJson = Object.fromEntries(fileFields.map((field) => [field, fieldNamed[field].kind.toJson]));

const valueText = (field: FileField) =>
  toJson[field] ? `call.${field} ? toJson.${field}(call.${field}) : undefined` : `call.${field} ?? undefined`;

/** A call's fields; of one whose user was erased without the user, which no file could bring back in. */
const recordOf = compiled<[call: Call], CallRecord>(
  'call',
  `return { ${fileFields.map((field) => `${field}: ${valueText(field)}`).join(', ')} };`,
  { toJson },
);

/** A call as it is written to a file, without empty fields: times in UTC to the millisecond, the cost as a string. */
export const toRecord = (call: Call): CallRecord =>
  call.userId === erasedUser ? recordOf({ ...call, userId: null }) : recordOf(call);

/** The CSV cells of a call, in the order of `fileFields`: empty for no value, JSON for objects. */
export function toCells(call: Call): string[] {
  const record = toRecord(call);
  return fileFields.map((field) => toCell(record[field]));
}

function toCell(value: JsonValue | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
