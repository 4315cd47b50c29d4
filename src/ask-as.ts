import type { ServerResponse } from 'node:http';
import type { Principal } from './caller/principal.ts';
import type { Ask } from './mcp/call-tool.ts';
import { setCaller } from './web/use-authentication.ts';
import type { createGraphQLServer } from './yoga.ts';

/**
 * Asks GraphQL as a caller who was admitted another way than by the endpoint: from the document on, everything is as there.
 * The execution ends with the response.
 */
export const askAs =
  (graphql: ReturnType<typeof createGraphQLServer>) =>
  (principal: Principal, response: ServerResponse): Ask =>
  async ({ query, variables }) => {
    const request = new Request('http://localhost/graphql', { method: 'POST' });
    setCaller(request, principal);
    const context = { request, params: { query, variables }, res: response };
    const result = await graphql.getResultForParams({ request, params: { query, variables } }, context);
    if (!result || Symbol.asyncIterator in result) throw new Error('A query has one answer.');
    return result;
  };
