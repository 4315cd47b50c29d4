import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { superuserKey, type TestGateway } from '../support/gateway.ts';

/** What a tool answered: GraphQL's answer, and the question. */
export interface ToolAnswer {
  isError: boolean;
  texts: string[];
  query: string;
  variables: Record<string, unknown>;
  data: unknown;
  errors: { code: string; message: string; field?: string; requestId?: string }[] | undefined;
}

export interface Agent {
  client: Client;
  call: (name: string, args?: Record<string, unknown>) => Promise<ToolAnswer>;
  close: () => Promise<void>;
}

/** An agent that speaks to a gateway with the SDK's own client, which checks answers against the tools' schemas. */
export async function connectAgent({ url }: Pick<TestGateway, 'url'>, key = superuserKey): Promise<Agent> {
  const client = new Client({ name: 'test', version: '1.0.0' });
  const headers = { authorization: `Bearer ${key}` };
  const transport = new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers } });
  // The SDK's own types differ in optional properties.
  await client.connect(transport as Transport);
  await client.listTools();
  return {
    client,
    async call(name, args = {}) {
      const { content, structuredContent, isError } = CallToolResultSchema.parse(
        await client.callTool({ name, arguments: args }),
      );
      const { query, variables, data, errors } = structuredContent as unknown as ToolAnswer;
      const texts = content.map((part) => (part.type === 'text' ? part.text : part.type));
      return { isError: isError === true, texts, query, variables, data, errors };
    },
    close: () => client.close(),
  };
}
