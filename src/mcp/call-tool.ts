import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import type { GraphQLError } from 'graphql';
import { toClientError } from '../graphql/client-error.ts';
import type { Logger } from '../settings/log.ts';
import { currentRequest } from '../telemetry/request-record.ts';
import { ValidationError } from '../values/errors.ts';
import type { DescribedTool } from './describe-tool.ts';

/** Asks a document as the caller of a request, with the bounds that the document would have at the GraphQL endpoint. */
export type Ask = (question: {
  query: string;
  variables: Record<string, unknown>;
}) => Promise<{ data?: unknown; errors?: readonly GraphQLError[] | undefined }>;

interface ShownError {
  code: string;
  message: string;
  field?: string;
  requestId?: string;
}

/** Answers a call of a tool by asking its query, and shows the question with the answer. */
export async function callTool(
  { name, inputSchema }: DescribedTool,
  query: string,
  variables: Record<string, unknown>,
  ask: Ask,
  log: Logger,
): Promise<CallToolResult> {
  const { data, errors } = await asked(inputSchema.properties, { query, variables }, ask, log);
  const record = currentRequest();
  if (record) Object.assign(record, { kind: 'mcp', fields: [name] });
  record?.codes.push(...errors.map(({ code }) => code));
  const failed = errors.length > 0;
  const answer = { query, variables, data: failed ? null : data, ...(failed ? { errors } : {}) };
  return {
    content: [
      ...errors.map((error) => ({ type: 'text' as const, text: inWords(error) })),
      { type: 'text', text: JSON.stringify(answer) },
    ],
    structuredContent: answer,
    ...(failed ? { isError: true } : {}),
  };
}

async function asked(
  known: DescribedTool['inputSchema']['properties'],
  question: Parameters<Ask>[0],
  ask: Ask,
  log: Logger,
): Promise<{ data: unknown; errors: ShownError[] }> {
  try {
    // GraphQL passes over variables that a document does not declare: a misspelt filter would filter nothing.
    const stray = Object.keys(question.variables).find((name) => !Object.hasOwn(known, name));
    if (stray !== undefined)
      throw new ValidationError(`There is no argument '${stray}'; there are ${Object.keys(known).join(', ')}.`, stray);
    const { data = null, errors = [] } = await ask(question);
    return { data, errors: errors.map((error) => shown(error)) };
  } catch (error) {
    return { data: null, errors: [shown(toClientError(error, log))] };
  }
}

function shown({ message, extensions: { code, field, requestId } }: GraphQLError): ShownError {
  return {
    code: String(code),
    message,
    ...(typeof field === 'string' ? { field } : {}),
    ...(typeof requestId === 'string' ? { requestId } : {}),
  };
}

const inWords = ({ code, message, field }: ShownError) =>
  `${code}${field === undefined ? '' : ` (${field})`}: ${message}`;
