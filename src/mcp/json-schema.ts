import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isScalarType,
  type GraphQLEnumType,
  type GraphQLInputType,
  type GraphQLLeafType,
} from 'graphql';

/** A JSON Schema, draft 2020-12, of which a few keywords are used. */
export interface JsonSchema {
  type?: string | readonly string[];
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  [keyword: string]: unknown;
}

/** How scalars travel. Whatever is not named is a string. */
const scalars: Readonly<Record<string, JsonSchema>> = {
  Boolean: { type: 'boolean' },
  DateTime: { type: 'string', format: 'date-time' },
  Float: { type: 'number' },
  Int: { type: 'integer' },
  JSONObject: { type: 'object' },
  LocalDate: { type: 'string', format: 'date' },
  SafeInt: { type: 'integer' },
  Tags: { type: 'object' },
  Units: { type: 'object' },
};

/** Scalars that everybody knows, whose descriptions would only take room. */
const plain = new Set(['Boolean', 'Float', 'ID', 'Int', 'String']);

/** The schema of a scalar's or enum's values, without a description. */
export const leafSchema = (type: GraphQLLeafType): JsonSchema =>
  isEnumType(type)
    ? { type: 'string', enum: type.getValues().map(({ name }) => name) }
    : { ...(scalars[type.name] ?? { type: 'string' }) };

/**
 * The schema of what a client may send for a type. What the type's own values mean is part of the description, as that is
 * all that a model reads.
 */
export function inputSchema(type: GraphQLInputType, description: string): JsonSchema {
  if (isNonNullType(type)) return inputSchema(type.ofType, description);
  if (isListType(type)) {
    const named = getNamedType(type);
    const items = inputSchema(type.ofType, isInputObjectType(named) ? (named.description ?? '') : '');
    return { type: 'array', description, items };
  }
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    const required = fields.filter((field) => isNonNullType(field.type) && !field.default).map(({ name }) => name);
    return {
      type: 'object',
      description,
      properties: Object.fromEntries(
        fields.map((field) => [field.name, inputSchema(field.type, field.description ?? '')]),
      ),
      ...(required.length > 0 ? { required } : {}),
      ...(type.isOneOf ? { minProperties: 1, maxProperties: 1 } : {}),
      additionalProperties: false,
    };
  }
  const about = isEnumType(type) ? valuesOf(type) : isScalarType(type) && plain.has(type.name) ? '' : type.description;
  const text = [description, about].filter(Boolean).join(' ');
  return { ...leafSchema(type), ...(text === '' ? {} : { description: text }) };
}

const valuesOf = (type: GraphQLEnumType) =>
  type
    .getValues()
    .map(({ name, description }) => `${name}: ${description ?? ''}`)
    .join(' ');
