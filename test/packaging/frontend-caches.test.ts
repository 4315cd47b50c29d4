import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { Client, fetchExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { getIntrospectionQuery } from 'graphql';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { CreateAgent, CreateTenant, RecordBatch } from '../acceptance/operations.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, superuserKey, type TestGateway } from '../support/gateway.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/frontend.md'), 'utf8');

/** What a block of code of the page makes that begins with a name. */
function documented<T>(begin: string, values: Record<string, unknown>): T {
  const code = page
    .split('```ts\n')
    .map((rest) => rest.split('```')[0] ?? '')
    .find((block) => block.startsWith(begin));
  if (code === undefined) throw new Error(`The page has no code that begins with '${begin}'.`);
  return new Function(...Object.keys(values), `return ${code}`)(...Object.values(values));
}

const agentDocument = gql`
  query Agent($tenant: ID!) {
    agent(tenantId: $tenant, id: "a") {
      tenantId
      id
      name
    }
    budgets(tenantId: $tenant) {
      edges {
        node {
          id
          limit
        }
      }
    }
  }
`;
const reportDocument = gql`
  query Report($tenant: ID!) {
    usage(tenantId: $tenant, period: THIS_YEAR, bucket: NONE) {
      totals {
        totalCalls
        totalCostUsd
      }
      byAgent {
        agentId
        agent {
          tenantId
          id
          name
        }
        stats {
          totalCostUsd
        }
      }
    }
    calls(tenantId: $tenant) {
      edges {
        node {
          requestId
          costUsd
        }
      }
    }
  }
`;
const renameDocument = gql`
  mutation Rename($tenant: ID!, $name: String!) {
    updateAgent(tenantId: $tenant, id: "a", input: { name: $name }) {
      tenantId
      id
      name
    }
  }
`;

/** A front-end's client, which answers from its cache what it knows. */
interface CachingClient {
  query(document: typeof agentDocument, tenant: string): Promise<unknown>;
  /** From the cache alone; undefined where it does not have all of it. */
  cached(document: typeof agentDocument, tenant: string): Promise<unknown>;
  rename(tenant: string, name: string): Promise<unknown>;
}

const authorization = `Bearer ${superuserKey}`;

function apollo({ url }: TestGateway, cache: InMemoryCache): CachingClient {
  const link = new HttpLink({ uri: `${url}/graphql`, headers: { authorization } });
  const client = new ApolloClient({ cache, link });
  return {
    query: async (query, tenant) => (await client.query({ query, variables: { tenant } })).data,
    cached: async (query, tenant) => client.readQuery({ query, variables: { tenant } }) ?? undefined,
    rename: (tenant, name) => client.mutate({ mutation: renameDocument, variables: { tenant, name } }),
  };
}

function urql({ url }: TestGateway, cache: ReturnType<typeof cacheExchange>): CachingClient {
  const client = new Client({
    url: `${url}/graphql`,
    exchanges: [cache, fetchExchange],
    preferGetMethod: false,
    fetchOptions: { headers: { authorization } },
  });
  const query = async (document: typeof agentDocument, tenant: string, requestPolicy: 'cache-first' | 'cache-only') =>
    (await client.query(document, { tenant }, { requestPolicy }).toPromise()).data ?? undefined;
  return {
    query: (document, tenant) => query(document, tenant, 'cache-first'),
    cached: (document, tenant) => query(document, tenant, 'cache-only'),
    rename: (tenant, name) => client.mutation(renameDocument, { tenant, name }).toPromise(),
  };
}

const tenants = { acme: { cost: '0.25', limit: '10' }, globex: { cost: '7', limit: '20' } };

describeOnEachDatabase('caches of front-ends, as the page configures them', (kind) => {
  let gateway: TestGateway;
  let introspection: unknown;
  const complaints: string[] = [];
  beforeAll(async () => {
    gateway = await startTestGateway(kind);
    for (const [id, { cost, limit }] of Object.entries(tenants)) {
      await gateway.ask(CreateTenant, { input: { id, name: id } });
      await gateway.ask(CreateAgent, { tenantId: id, input: { id: 'a', name: `a of ${id}`, budgetLimitUsd: limit } });
      const call = { tenantId: id, requestId: 'same', agentId: 'a', inputTokens: 1, outputTokens: 1, costUsd: cost };
      await gateway.ask(RecordBatch, { inputs: [call] });
    }
    introspection = (await gateway.send(getIntrospectionQuery())).data;
    for (const level of ['warn', 'error'] as const)
      vi.spyOn(console, level).mockImplementation((...parts) => complaints.push(parts.join(' ')));
  });
  afterEach(() => complaints.splice(0));
  afterAll(() => gateway.close());

  const named = (tenant: keyof typeof tenants, name = `a of ${tenant}`) => ({
    agent: { tenantId: tenant, id: 'a', name },
    budgets: { edges: [{ node: { id: 'agent:a', limit: tenants[tenant].limit } }] },
  });
  const report = (tenant: keyof typeof tenants, name = `a of ${tenant}`) => ({
    usage: {
      totals: { totalCalls: 1, totalCostUsd: tenants[tenant].cost },
      byAgent: [
        { agentId: 'a', agent: { tenantId: tenant, id: 'a', name }, stats: { totalCostUsd: tenants[tenant].cost } },
      ],
    },
    calls: { edges: [{ node: { requestId: 'same', costUsd: tenants[tenant].cost } }] },
  });

  const clients: [string, () => CachingClient][] = [
    ['Apollo Client', () => apollo(gateway, documented('new InMemoryCache', { InMemoryCache }))],
    ['Graphcache', () => urql(gateway, documented('cacheExchange', { cacheExchange, introspection }))],
  ];

  describe.each(clients)('%s', (_name, connect) => {
    it('keeps agents and budgets of the same id apart that belong to two tenants', async () => {
      const client = connect();
      for (const tenant of ['acme', 'globex'] as const) {
        expect(await client.query(agentDocument, tenant)).toMatchObject(named(tenant));
        expect(await client.query(reportDocument, tenant)).toMatchObject(report(tenant));
      }
      for (const tenant of ['acme', 'globex'] as const) {
        expect(await client.cached(agentDocument, tenant)).toMatchObject(named(tenant));
        expect(await client.cached(reportDocument, tenant)).toMatchObject(report(tenant));
      }
      expect(complaints).toEqual([]);
    });

    it('shows a new name of an agent wherever the agent is shown, and nowhere else', async () => {
      const client = connect();
      for (const tenant of ['acme', 'globex'] as const) {
        await client.query(agentDocument, tenant);
        await client.query(reportDocument, tenant);
      }
      await client.rename('acme', 'renamed');
      expect(await client.cached(agentDocument, 'acme')).toMatchObject(named('acme', 'renamed'));
      expect(await client.cached(reportDocument, 'acme')).toMatchObject(report('acme', 'renamed'));
      expect(await client.cached(agentDocument, 'globex')).toMatchObject(named('globex'));
      await client.rename('acme', 'a of acme');
      expect(complaints).toEqual([]);
    });
  });

  it.each<[string, () => CachingClient]>([
    ['Apollo Client', () => apollo(gateway, new InMemoryCache())],
    ['Graphcache', () => urql(gateway, cacheExchange())],
  ])('are needed: %s as it comes takes agents of two tenants for one', async (_name, connect) => {
    const client = connect();
    await client.query(agentDocument, 'acme');
    await client.query(agentDocument, 'globex');
    expect(await client.cached(agentDocument, 'acme')).toMatchObject({ agent: { name: 'a of globex' } });
  });
});
