import {
  getNamedType,
  getNullableType,
  GraphQLNonNull,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import type { Choices } from '../simulate/choices.ts';
import { edgeValues } from './edge-values.ts';

export interface RandomDocument {
  query: string;
  variables: Record<string, unknown>;
}

const mostDepth = 6;
/** About so many; then only leaves are added. */
const mostNames = 250;

/** A document that is valid by the schema, with aliases, fragments, directives and edge values, chosen by `choices` alone. */
export const randomDocument = (schema: GraphQLSchema, choices: Choices): RandomDocument =>
  new Writer(schema, choices).write();

class Writer {
  readonly #schema: GraphQLSchema;
  readonly #choices: Choices;
  readonly #variables: Record<string, unknown> = {};
  readonly #declared: string[] = [];
  readonly #fragments: string[] = [];
  #names = 0;

  constructor(schema: GraphQLSchema, choices: Choices) {
    this.#schema = schema;
    this.#choices = choices;
  }

  write(): RandomDocument {
    const operation = this.#choices.percent(65) ? 'query' : 'mutation';
    const root = operation === 'query' ? this.#schema.getQueryType() : this.#schema.getMutationType();
    if (!root) throw new Error(`The schema has no ${operation}.`);
    const selection = this.#selectionOf(root, 0);
    const declared = this.#declared.length > 0 ? `(${this.#declared.join(', ')})` : '';
    const name = declared !== '' || this.#choices.percent(30) ? this.#choices.pick(['Fuzz', '_', 'query', 'on']) : '';
    return {
      query: [`${operation} ${name}${declared} ${selection}`, ...this.#fragments].join('\n'),
      variables: this.#variables,
    };
  }

  #name(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  /** Selections of a type in braces. Response names are chosen so that selections merge. */
  #selectionOf(type: GraphQLObjectType, depth: number): string {
    const isDeep = depth >= mostDepth || this.#names > mostNames;
    const fields = Object.values(type.getFields()).filter(
      ({ type: answer }) => !isDeep || isLeafType(getNamedType(answer)),
    );
    const most = depth === 0 ? 4 : 6;
    const parts = this.#choices.several(1, most, () => {
      const field = this.#choices.percent(4) ? undefined : this.#choices.pick(fields);
      return field ? this.#field(field, depth) : '__typename';
    });
    if (depth === 0 && type === this.#schema.getQueryType() && this.#choices.percent(3))
      parts.push(this.#choices.pick(['__schema { types { name } }', '__type(name: "Query") { name }']));
    const kind = this.#choices.weighted({ plain: 8, inline: 1, named: 1 });
    if (kind === 'plain' || isDeep) return `{ ${parts.join(' ')} }`;
    const inner = this.#selectionOf(type, depth + 1);
    if (kind === 'inline')
      return `{ ${parts.join(' ')} ...${this.#choices.percent(50) ? ` on ${type.name}` : ''} ${this.#directive()} ${inner} }`;
    const fragment = this.#name('F');
    this.#fragments.push(`fragment ${fragment} on ${type.name} ${inner}`);
    // More than once is valid, and the same.
    return `{ ${parts.join(' ')} ${this.#choices.several(1, 3, () => `...${fragment} ${this.#directive()}`).join(' ')} }`;
  }

  #directive(): string {
    if (!this.#choices.percent(20)) return '';
    const condition = this.#choices.percent(50) ? this.#variable('Boolean!', this.#choices.percent(50)) : 'true';
    return `@${this.#choices.pick(['include', 'skip'])}(if: ${condition})`;
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number): string {
    const args = field.args
      .filter((arg) => isRequiredArgument(arg) || this.#choices.percent(45))
      .map((arg) => `${arg.name}: ${this.#argument(arg.type)}`);
    const alias = field.args.length > 0 || this.#choices.percent(25) ? `${this.#name('a')}: ` : '';
    const answer = getNamedType(field.type);
    const selection = isObjectType(answer) ? ` ${this.#selectionOf(answer, depth + 1)}` : '';
    this.#names++;
    return `${alias}${field.name}${args.length > 0 ? `(${args.join(', ')})` : ''} ${this.#directive()}${selection}`;
  }

  #argument(type: GraphQLInputType): string {
    const value = this.#value(type, 0);
    const text = this.#choices.percent(40) ? undefined : literal(value, type);
    return text ?? this.#variable(String(type), value);
  }

  #variable(type: string, value: unknown): string {
    const name = this.#name('v');
    this.#variables[name] = value;
    this.#declared.push(`$${name}: ${type}`);
    return `$${name}`;
  }

  #value(type: GraphQLInputType, depth: number): unknown {
    if (!isNonNullType(type) && this.#choices.percent(8)) return null;
    const nullable = getNullableType(type);
    if (isListType(nullable)) {
      const most = depth > 2 ? 1 : this.#choices.pick([1, 3, 3, 20]);
      return this.#choices.several(0, most, () => this.#value(nullable.ofType, depth + 1));
    }
    if (isEnumType(nullable)) return this.#choices.pick(nullable.getValues())?.name;
    if (isInputObjectType(nullable)) {
      if (nullable.isOneOf) {
        const field = this.#choices.pick(Object.values(nullable.getFields()));
        return field && { [field.name]: this.#value(new GraphQLNonNull(getNullableType(field.type)), depth + 1) };
      }
      const share = this.#choices.pick([15, 50, 85]);
      const given = Object.values(nullable.getFields()).filter(
        (field) => isRequiredInputField(field) || this.#choices.percent(share),
      );
      return Object.fromEntries(given.map((field) => [field.name, this.#value(field.type, depth + 1)]));
    }
    const values = edgeValues[nullable.name];
    if (!values) throw new Error(`There are no edge values of ${nullable.name}.`);
    return this.#choices.pick(values);
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const name = /^[_A-Za-z]\w*$/;

/** A value as a document writes it; undefined for one that no document can. */
function literal(value: unknown, type?: GraphQLInputType): string | undefined {
  const nullable = type && getNullableType(type);
  if (value === null || value === undefined) return 'null';
  if (nullable && isEnumType(nullable)) return String(value);
  if (typeof value === 'string') return value.isWellFormed() ? JSON.stringify(value) : undefined;
  if (Array.isArray(value)) {
    const inner = nullable && isListType(nullable) ? nullable.ofType : undefined;
    return joined(
      value.map((one) => literal(one, inner)),
      '[',
      ']',
    );
  }
  if (!isRecord(value)) return String(Object.is(value, -0) ? '-0' : value).replace('e+', 'e');
  const fields = nullable && isInputObjectType(nullable) ? nullable.getFields() : {};
  return joined(
    Object.entries(value).map(([key, one]) => {
      const text = name.test(key) ? literal(one, fields[key]?.type) : undefined;
      return text === undefined ? undefined : `${key}: ${text}`;
    }),
    '{',
    '}',
  );
}

const joined = (parts: readonly (string | undefined)[], begin: string, end: string) =>
  parts.includes(undefined) ? undefined : begin + parts.join(', ') + end;
