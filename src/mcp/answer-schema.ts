import {
  getNullableType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type DocumentNode,
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type SelectionSetNode,
} from 'graphql';
import { leafSchema, type JsonSchema } from './json-schema.ts';

/** The schema of what selections of an object are answered with. */
export function answerSchema(type: GraphQLObjectType, set: SelectionSetNode, document: DocumentNode): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  for (const field of fieldsOf(set, document)) {
    const { type: fieldType, description } = type.getFields()[field.name.value] ?? notInSchema(field, type);
    const key = field.alias?.value ?? field.name.value;
    properties[key] = { ...valueSchema(fieldType, field, document), ...(description ? { description } : {}) };
    if (!field.directives?.length) required.push(key);
  }
  return { type: 'object', properties, required };
}

function valueSchema(type: GraphQLOutputType, field: FieldNode, document: DocumentNode): JsonSchema {
  const schema = presentSchema(getNullableType(type), field, document);
  return isNonNullType(type) ? schema : orNull(schema);
}

function presentSchema(type: GraphQLOutputType, field: FieldNode, document: DocumentNode): JsonSchema {
  if (isListType(type)) return { type: 'array', items: valueSchema(type.ofType, field, document) };
  if (isLeafType(type)) return leafSchema(type);
  if (!isObjectType(type) || !field.selectionSet)
    throw new Error(`'${field.name.value}' is neither a value nor an object.`);
  return answerSchema(type, field.selectionSet, document);
}

const orNull = ({ type, enum: values, ...others }: JsonSchema): JsonSchema => ({
  ...others,
  type: [type, 'null'].flat().filter((one) => one !== undefined),
  ...(Array.isArray(values) ? { enum: [...values, null] } : {}),
});

/** Fields of a selection, those of its fragments included. */
function fieldsOf({ selections }: SelectionSetNode, document: DocumentNode): FieldNode[] {
  return selections.flatMap((selection) => {
    if (selection.kind === 'Field') return [selection];
    if (selection.kind === 'InlineFragment') return fieldsOf(selection.selectionSet, document);
    return document.definitions.flatMap((definition) =>
      definition.kind === 'FragmentDefinition' && definition.name.value === selection.name.value
        ? fieldsOf(definition.selectionSet, document)
        : [],
    );
  });
}

const notInSchema = (field: FieldNode, type: GraphQLObjectType): never => {
  throw new Error(`'${type.name}' has no field '${field.name.value}'.`);
};
