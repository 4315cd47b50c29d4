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
import { textNotation, type Notation } from './notation.ts';
import type { Fields, FileRecord } from './read-records.ts';
import { FileValueReader, type TimeReader } from './value-reader.ts';

export interface CallReading {
  fields: FieldMap;
  notation: Notation;
  time: TimeReader;
}

type ReadFields = GivenFields & { added: AddedFields };

/**
 * Reads the fields of a call from a record. Only types are checked here; recording checks the rules of the ledger.
 * @throws {ValidationError} naming the first field that cannot be read.
 */
export function toCall(record: Fields, { fields, notation, time }: CallReading): ReadFields {
  const written = new FileValueReader(notation, time);
  const constants = new FileValueReader(textNotation, time);

  return readEach((field) => {
    const { readFrom } = fieldNamed[field].kind;
    const constant = fields.constants.get(field);
    if (constant !== undefined) return readFrom?.(constants, constant, field);
    const column = fields.columns.get(field);
    // Own properties only: a column may be called "constructor".
    const value = column !== undefined && Object.hasOwn(record, column) ? record[column] : undefined;
    return notation.isLeftOut(value) ? undefined : readFrom?.(written, value, field);
  });
}

const readingText = (fields: readonly FileField[]) => fields.map((field) => `${field}: read('${field}')`).join(', ');
const sent = fileFields.filter((field) => !isAdded(field));

/** { requestId: read('requestId'), …, added: { recordedAt: read('recordedAt'), … } } */
const readEach = compiled<[read: (field: FileField) => unknown], ReadFields>(
  'read',
  `return { ${readingText(sent)}, added: { ${readingText(fileFields.filter(isAdded))} } };`,
);

const idHexDigits = 32;

/**
 * The idempotency key of a record that has none. It is the same whenever the record is read again, even if the file was
 * renamed, compressed or appended to.
 */
export function recordId(source: string | undefined, { number, raw }: Pick<FileRecord, 'number' | 'raw'>): string {
  return `imp_${hash('sha256', JSON.stringify([source ?? '', number, raw]), 'hex').slice(0, idHexDigits)}`;
}
