import type { Call } from './call.entity.ts';
import { callFields } from './call-fields.ts';
import type { CallField, Given, Plain } from './field-kinds.ts';

type Listed = typeof callFields;
export type FieldName = keyof Listed;
type FieldsWith<What> = { [Field in FieldName]: Listed[Field] extends What ? Field : never }[FieldName];

/** Fields that a request may send. */
export type SentField = FieldsWith<{ input: object }>;
/** Fields that an answer shows. */
export type ShownField = FieldsWith<{ output: object }>;
/** Fields that may have no value. */
export type NullableField = FieldsWith<{ leftOut: null }>;
/** Fields that a file may have. */
export type FileField = Exclude<FieldName, FieldsWith<{ inFiles: false }>>;
/** Fields that a file may have but no request: the gateway that exported the file added them. */
export type AddedField = Exclude<FileField, SentField>;
/** Fields that are hashed: the content of a call, without its key and its times. */
export type ContentField = FieldsWith<{ hashPlace: number }>;

type PlainValues = { [Field in FieldName]: Plain<NonNullable<Call[Field]>> };
type GivenValues = { [Field in FieldName]: Given<NonNullable<Call[Field]>> };

/** The fields by name, for code that loops over them, each with the type of its values. */
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
/** Fields of which a call needs one: they tell what was used. */
export const usageFields = sentFields.filter(
  (field): field is FieldsWith<{ input: { tellsUsage: true } }> => fieldNamed[field].input?.tellsUsage === true,
);
export const shownFields: readonly ShownField[] = fieldNames.filter(isShown);
/** In the order of the columns of an export. */
export const fileFields: readonly FileField[] = fieldNames.filter(inFiles);
export const contentFields: readonly ContentField[] = fieldNames.filter(isHashed);

/** Whether a value was left out; null and undefined both mean that. */
export const isLeftOut = (value: unknown): value is null | undefined => value === null || value === undefined;

export const isNullable = (field: FieldName): field is NullableField => fieldNamed[field].leftOut === null;
export const isAdded = (field: FieldName): field is AddedField => inFiles(field) && !isSent(field);
export const isFileField = (name: string): name is FileField => isField(name) && inFiles(name);

export type CallContent = Pick<Call, ContentField>;

/** The values that a caller may give; null and undefined both mean that the field was left out. */
export type GivenFields = { [Field in SentField]?: GivenValues[Field] | null | undefined };

/** What a gateway added to a call, as read back from an export. No request can send it. */
export type AddedFields = { [Field in AddedField]?: PlainValues[Field] | undefined };
