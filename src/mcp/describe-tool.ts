import {
  getNamedType,
  getOperationAST,
  isInputType,
  isNonNullType,
  isObjectType,
  parse,
  TypeInfo,
  typeFromAST,
  valueFromASTUntyped,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql';
import { answerSchema } from './answer-schema.ts';
import { inputSchema, type JsonSchema } from './json-schema.ts';
import type { ToolQuery } from './tools.ts';

/** A tool as clients see it. */
export interface DescribedTool {
  name: string;
  title: string;
  description: string;
  inputSchema: JsonSchema & { type: 'object'; properties: Record<string, JsonSchema> };
  outputSchema: JsonSchema & { type: 'object' };
}

/** Describes a tool with what the schema says of the fields, arguments and types that its query uses. */
export function describeTool({ name, title, field, query }: ToolQuery, schema: GraphQLSchema): DescribedTool {
  const document = parse(query);
  const operation = getOperationAST(document);
  const root = schema.getQueryType();
  if (!operation || !root) throw new Error(`The tool '${name}' has no query.`);
  return {
    name,
    title,
    description: descriptionOf(field, schema),
    inputSchema: argumentsOf(document, schema),
    outputSchema: resultOf(answerSchema(root, operation.selectionSet, document)),
  };
}

/** What the fields on the way to what a tool shows are described with. */
function descriptionOf(path: readonly string[], schema: GraphQLSchema): string {
  let type: unknown = schema.getQueryType();
  const descriptions = path.map((name) => {
    const field = isObjectType(type) ? type.getFields()[name] : undefined;
    if (!field) throw new Error(`The schema has no field '${path.join('.')}'.`);
    type = getNamedType(field.type);
    return field.description;
  });
  return descriptions.join(' ');
}

/** The arguments of a tool: the variables of its query. */
function argumentsOf(document: DocumentNode, schema: GraphQLSchema): DescribedTool['inputSchema'] {
  const meanings = meaningsOf(document, schema);
  const properties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  for (const { variable, type: typeNode, defaultValue } of getOperationAST(document)?.variableDefinitions ?? []) {
    const name = variable.name.value;
    const type = typeFromAST(schema, typeNode);
    const meaning = meanings.get(name);
    if (!isInputType(type) || meaning === undefined) throw new Error(`The variable '${name}' is of no use.`);
    properties[name] = {
      ...inputSchema(type, meaning),
      ...(defaultValue ? { default: valueFromASTUntyped(defaultValue) } : {}),
    };
    if (isNonNullType(type) && !defaultValue) required.push(name);
  }
  return { type: 'object', properties, ...(required.length > 0 ? { required } : {}), additionalProperties: false };
}

/** What the variables of a document are for: what the arguments are that they are given to. */
function meaningsOf(document: DocumentNode, schema: GraphQLSchema): Map<string, string> {
  const meanings = new Map<string, string>();
  const info = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(info, {
      Argument({ value }) {
        if (value.kind !== 'Variable') return;
        const field = info.getFieldDef();
        const meaning = info.getDirective()
          ? `Whether the answer has '${field?.name}'. ${field?.description ?? ''}`
          : (info.getArgument()?.description ?? '');
        meanings.set(value.name.value, meaning);
      },
    }),
  );
  return meanings;
}

/** The schema of a tool's result: an answer of GraphQL, and the question. */
const resultOf = (data: JsonSchema): DescribedTool['outputSchema'] => ({
  type: 'object',
  properties: {
    query: {
      type: 'string',
      description: 'The GraphQL document that this is the answer to; it can be sent to /graphql.',
    },
    variables: { type: 'object', description: 'The variables that it was asked with.' },
    data: { ...data, type: ['object', 'null'], description: 'The answer; null where there are errors.' },
    errors: {
      type: 'array',
      description: 'Why there is no answer; absent where there is one.',
      items: {
        type: 'object',
        properties: {
          code: { type: 'string', description: 'What kind of error it is.' },
          message: { type: 'string', description: 'What was asked, and what would help.' },
          field: { type: 'string', description: 'The argument or input field that caused it, where there is one.' },
          requestId: { type: 'string', description: 'Finds a fault of the gateway in its log.' },
        },
        required: ['code', 'message'],
      },
    },
  },
  required: ['query', 'variables', 'data'],
});
