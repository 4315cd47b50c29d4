import {
  getNamedType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  type GraphQLField,
  type GraphQLOutputType,
} from 'graphql';
import { schema } from '../../src/schema.ts';

/** A field of Query, Mutation or Subscription by its name in the access table. */
export function rootField(name: string): GraphQLField<unknown, unknown> {
  const [parent = '', field = ''] = name.split('.');
  const type = schema.getType(parent);
  const found = isObjectType(type) ? type.getFields()[field] : undefined;
  if (!found) throw new Error(`The schema has no field ${name}.`);
  return found;
}

/** Names of all fields of Query, Mutation and Subscription. */
export const rootFieldNames = (): string[] =>
  [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
    type ? Object.keys(type.getFields()).map((field) => `${type.name}.${field}`) : [],
  );

/** A document that asks for the field alone, with its arguments as variables, and what it gives down to a depth. */
export function documentOf(name: string, args: Readonly<Record<string, unknown>>, depth = 0): string {
  const field = rootField(name);
  const given = field.args.filter((arg) => arg.name in args);
  const list = (items: readonly string[]) => (items.length > 0 ? `(${items.join(', ')})` : '');
  const variables = list(given.map((arg) => `$${arg.name}: ${String(arg.type)}`));
  const passed = list(given.map((arg) => `${arg.name}: $${arg.name}`));
  const kind = name.split('.')[0]?.toLowerCase();
  return `${kind} ${variables} { ${field.name}${passed} ${selectionOf(field.type, depth)} }`;
}

function selectionOf(type: GraphQLOutputType, depth: number): string {
  const named = getNamedType(type);
  if (!isObjectType(named) && !isInterfaceType(named)) return '';
  const fields = Object.values(named.getFields()).filter((field) => !field.args.some(isRequiredArgument));
  const selected = fields
    .filter((field) => depth > 0 && (isLeafType(getNamedType(field.type)) || depth > 1))
    .map((field) => `${field.name} ${selectionOf(field.type, depth - 1)}`);
  return `{ __typename ${selected.join(' ')} }`;
}
