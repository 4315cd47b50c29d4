import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { CallToolRequestSchema, ErrorCode, ListToolsRequestSchema, McpError } from '@modelcontextprotocol/sdk/types.js';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';
import type { GraphQLSchema } from 'graphql';
import packageJson from '../../package.json' with { type: 'json' };
import type { Logger } from '../settings/log.ts';
import { callTool, type Ask } from './call-tool.ts';
import { describeTool } from './describe-tool.ts';
import { toolQueries } from './tools.ts';

const annotations = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };

const instructions =
  "Reports on the usage of language models and agents that this gateway has recorded: calls, tokens, cost, latency and budgets. Nothing can be changed. Every answer has the GraphQL query that it stands for. Costs are exact decimals in strings. Superusers name a tenant in each question; everybody else's is their own.";

/** Answers one message of the Model Context Protocol. */
export type AnswerMessage = (message: unknown, headers: Record<string, string>, ask: Ask) => Promise<Response>;

/** The server of the protocol. It keeps no sessions: each message is answered by itself, with JSON. */
export function mcpProtocol(schema: GraphQLSchema, log: Logger): AnswerMessage {
  const tools = new Map(
    toolQueries.map((tool) => [tool.name, { described: describeTool(tool, schema), query: tool.query }]),
  );
  const listed = [...tools.values()].map(({ described }) => ({ ...described, annotations }));
  const jsonSchemaValidator = new AjvJsonSchemaValidator();
  const { version } = packageJson;

  return async (message, headers, ask) => {
    const server = new Server(
      { name: 'usage-gateway', title: 'Usage Gateway', version },
      { capabilities: { tools: {} }, instructions, jsonSchemaValidator },
    );
    server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: listed }));
    server.setRequestHandler(CallToolRequestSchema, ({ params: { name, arguments: given = {} } }) => {
      const tool = tools.get(name);
      if (tool) return callTool(tool.described, tool.query, given, ask, log);
      throw new McpError(
        ErrorCode.InvalidParams,
        `There is no tool '${name}'; there are ${[...tools.keys()].join(', ')}.`,
      );
    });
    const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
    await server.connect(transport);
    try {
      const request = new Request('http://localhost/mcp', { method: 'POST', headers });
      return await transport.handleRequest(request, { parsedBody: message });
    } finally {
      await server.close();
    }
  };
}
