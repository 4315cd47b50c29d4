import { hash } from 'node:crypto';
import { compiled } from '../../recording/compiled.ts';
import {
  fieldNamed,
  fileFields,
  isAdded,
  type AddedFields,
  type FileField,
  type GivenFields,
} from '../../recording/field-groups.ts';
import type { FieldMap } from './field-map.ts';
import type { Fields, FileRecord } from './read-records.ts';
import { valueAt } from './value-at.ts';
import { FileValueReader, type TimeReader } from './value-reader.ts';

export interface CallReading {
  fields: FieldMap;
  isLeftOut: (value: unknown) => boolean;
  time: TimeReader;
}

type ReadFields = GivenFields & { added: AddedFields };

/**
 * Reads the fields of a call from a record. Only types are checked here; recording checks the rules of the ledger.
 * @param own the record by the names of a call's fields, as a preset reads it; columns that are mapped are the record's.
 * @throws {ValidationError} naming the first field that cannot be read.
 */
export function toCall(record: Fields, { fields, isLeftOut, time }: CallReading, own: Fields = record): ReadFields {
  const reader = new FileValueReader(time);
  return readEach((field) => {
    const source = fields.sources.get(field);
    if (!source) return undefined;
    const { readFrom } = fieldNamed[field].kind;
    if (source.constant !== undefined) return readFrom?.(reader, source.constant, field);
    const value = valueAt(source.isMapped ? record : own, source.column, source.path);
    return isLeftOut(value) ? undefined : readFrom?.(reader, value, field);
  });
}

const readingText = (fields: readonly FileField[]) => fields.map((field) => `${field}: read('${field}')`).join(', ');
const sent = fileFields.filter((field) => !isAdded(field));

/** { requestId: read('requestId'), …, added: { recordedAt: read('recordedAt'), … } } */
const readEach = compiled<[read: (field: FileField) => unknown], ReadFields>(
  'read',
  `return { ${readingText(sent)}, added: { ${readingText(fileFields.filter(isAdded))} } };`,
);

const idPrefix = 'imp_';
const idHexDigits = 32;

/** Whether a key may be one that was made here. */
export const isRecordId = (key: string): boolean =>
  key.startsWith(idPrefix) && key.length === idPrefix.length + idHexDigits;

/**
 * The idempotency key of a record that has none. It is the same whenever the record is read again, even if the file was
 * renamed, compressed or appended to.
 */
export function recordId(source: string | undefined, { number, raw }: Pick<FileRecord, 'number' | 'raw'>): string {
  return `${idPrefix}${hash('sha256', JSON.stringify([source ?? '', number, raw]), 'hex').slice(0, idHexDigits)}`;
}
