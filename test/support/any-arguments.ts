import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isRequiredArgument,
  isRequiredInputField,
  getNullableType,
  type GraphQLField,
  type GraphQLInputType,
} from 'graphql';

const scalars: Record<string, string> = {
  ID: '"any"',
  String: '"any"',
  Int: '1',
  SafeInt: '1',
  Float: '1',
  Boolean: 'true',
  Decimal: '"1"',
  DateTime: '"2026-05-01T00:00:00Z"',
  TimeZone: '"UTC"',
  JSONObject: '{}',
};

/** A document that asks for a root field, with a value of the right type for each argument that has to be there. */
export function documentFor(operation: 'query' | 'mutation', field: GraphQLField<unknown, unknown>): string {
  const args = field.args.filter(isRequiredArgument).map(({ name, type }) => `${name}: ${anyValue(type)}`);
  const call = args.length > 0 ? `${field.name}(${args.join(', ')})` : field.name;
  return `${operation} { ${call}${isLeafType(getNamedType(field.type)) ? '' : ' { __typename }'} }`;
}

function anyValue(type: GraphQLInputType): string {
  const nullable = getNullableType(type);
  if (isListType(nullable)) return '[]';
  if (isEnumType(nullable)) return nullable.getValues()[0]?.name ?? '';
  if (!isInputObjectType(nullable)) return scalars[String(nullable)] ?? `"${String(nullable)}"`;
  const fields = Object.values(nullable.getFields()).filter(isRequiredInputField);
  return `{ ${fields.map(({ name, type }) => `${name}: ${anyValue(type)}`).join(', ')} }`;
}
