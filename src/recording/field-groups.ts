import type { Call } from './call.entity.ts';
import { callFields } from './call-fields.ts';
import type { CallField, Given, Plain } from './field-kinds.ts';

type Listed = typeof callFields;
export type FieldName = keyof Listed;
type FieldsThatSay<What> = { [Field in FieldName]: Listed[Field] extends What ? Field : never }[FieldName];

/** Those that a request may say. */
export type SentField = FieldsThatSay<{ input: object }>;
export type RequiredField = FieldsThatSay<{ input: { required: true } }>;
/** Those that an answer shows. */
export type ShownField = FieldsThatSay<{ output: object }>;
/** Those that may have no value. */
export type NullableField = FieldsThatSay<{ leftOut: null }>;
/** Those that a file may say. */
export type FileField = Exclude<FieldName, FieldsThatSay<{ inFiles: false }>>;
/** Those that a file may say, and no request: what the gateway that exported it added. */
export type AddedField = Exclude<FileField, SentField>;
/** Those that are hashed: what a call says, apart from its key and its times. */
export type ContentField = FieldsThatSay<{ hashPlace: number }>;

type PlainValues = { [Field in FieldName]: Plain<NonNullable<Call[Field]>> };
type GivenValues = { [Field in FieldName]: Given<NonNullable<Call[Field]>> };

/** Where code goes through fields, each with the type of its values. */
export const fieldNamed: {
  readonly [Field in FieldName]: CallField<Call[Field], PlainValues[Field], GivenValues[Field]>;
} = callFields;

const isField = (name: string): name is FieldName => Object.hasOwn(callFields, name);
const isSent = (field: FieldName): field is SentField => fieldNamed[field].input !== undefined;
const isShown = (field: FieldName): field is ShownField => fieldNamed[field].output !== undefined;
const inFiles = (field: FieldName): field is FileField => fieldNamed[field].inFiles !== false;
const isHashed = (field: FieldName): field is ContentField => fieldNamed[field].hashPlace !== undefined;

export const fieldNames: readonly FieldName[] = Object.keys(callFields).filter(isField);
export const sentFields: readonly SentField[] = fieldNames.filter(isSent);
export const requiredFields = sentFields.filter(
  (field): field is RequiredField => fieldNamed[field].input?.required === true,
);
export const shownFields: readonly ShownField[] = fieldNames.filter(isShown);
/** In the order of an exported file's columns. */
export const fileFields: readonly FileField[] = fieldNames.filter(inFiles);
export const contentFields: readonly ContentField[] = fieldNames.filter(isHashed);

export const isNullable = (field: FieldName): field is NullableField => fieldNamed[field].leftOut === null;
export const isAdded = (field: FieldName): field is AddedField => inFiles(field) && !isSent(field);
export const isFileField = (name: string): name is FileField => isField(name) && inFiles(name);

export type CallContent = Pick<Call, ContentField>;

/** What may be given of each field; null and undefined both mean that it was left out. */
export type GivenFields = { [Field in SentField]?: GivenValues[Field] | null | undefined };

/** A call as requests say it. */
export type SentCall = GivenFields & { [Field in RequiredField]: GivenValues[Field] };

/** What a gateway added to a call, as an exported file brings it back. No request can say it. */
export type AddedFields = { [Field in AddedField]?: PlainValues[Field] | undefined };
