import type { GraphiQLOptions } from 'graphql-yoga';

const record = /* GraphQL */ `# Records one call. Send it twice: the second answer is DUPLICATE, and nothing is counted twice.
# A superuser's key names the tenant, which is created when it does not exist; any other key leaves tenantId out.
mutation Record {
  recordUsage(
    input: {
      tenantId: "acme"
      requestId: "my-first-call"
      provider: "openai"
      model: "gpt-5"
      agentId: "support-bot"
      inputTokens: 1200
      outputTokens: 350
      durationMs: 1840
      costUsd: "0.00525"
    }
  ) {
    outcome
    event {
      requestId
      occurredAt
      costUsd
    }
  }
}
`;

const usageByDay = /* GraphQL */ `# One tenant by day, on the clock of its own time zone. Any key but a superuser's leaves tenantId out.
query UsageByDay {
  usage(tenantId: "acme", bucket: DAY) {
    totals {
      totalCalls
      totalCostUsd
      totalTokens
      callDurationMs {
        p50
        p95
      }
    }
    buckets {
      ts
      stats {
        totalCalls
        totalCostUsd
      }
    }
    byAgent(first: 5) {
      agentId
      stats {
        totalCalls
        totalCostUsd
      }
    }
    filtersApplied {
      from
      to
      timezone
    }
  }
}
`;

const allUsage = /* GraphQL */ `# Every tenant and the grand total. For superusers.
query AllUsage {
  allUsage {
    total {
      totalCalls
      totalCostUsd
      totalTokens
    }
    tenants(first: 20) {
      edges {
        node {
          tenant {
            id
            name
          }
          stats {
            totalCalls
            totalCostUsd
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
`;

const headers = JSON.stringify({ Authorization: 'Bearer <your API key>' }, null, 2);

/** GraphiQL with an example in each tab and an Authorization header to fill in. Keys are not kept in the browser. */
export const graphiqlOptions: GraphiQLOptions = {
  title: 'Usage Gateway',
  defaultTabs: [record, usageByDay, allUsage].map((query) => ({ query, headers })),
  defaultHeaders: headers,
  headers,
  defaultEditorToolsVisibility: 'headers',
  shouldPersistHeaders: false,
};

/** GraphiQL's page with everything in it, nothing from another host. Nine megabytes, so loaded when first asked for. */
export async function renderGraphiQL(options: GraphiQLOptions): Promise<string> {
  const { renderGraphiQL: render } = await import('@graphql-yoga/render-graphiql');
  return String(render(options));
}
