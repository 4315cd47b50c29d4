import { execute, parse } from 'graphql';
import { contextFactory } from './context.ts';
import { schema } from './schema.ts';
import type { Services } from './services.ts';

/** A report of everything, of a tenant that need not exist and of all, over days in which nobody called. */
const document = parse(`{
  allUsage(from: "0001-01-01T00:00:00Z", to: "0001-02-03T04:05:06Z", bucket: DAY) {
    total { ...Stats }
    buckets { ts end stats { ...Stats } }
    tenants(first: 1) {
      edges {
        node {
          tenant { id timezone }
          stats { ...Stats }
          byAgent { agentId agent { name } stats { ...Stats } }
          byProvider { provider stats { ...Stats } }
        }
      }
    }
  }
}
fragment Stats on UsageStats {
  totalCalls failedCalls totalCostUsd unpricedCalls totalTokens
  callDurationMs { avg p95 }
  inputTokens { total p95 }
  outputTokens { total p95 }
}`);

const rounds = 5;

/**
 * Answers reports of nothing, so that the first ones that somebody asks for find the code compiled and a connection
 * open. What goes wrong here goes wrong again, and is told, when somebody asks.
 */
export async function warmUp(services: Services): Promise<void> {
  const contextValue = contextFactory(services)({ kind: 'superuser', subject: 'warm-up' });
  for (let round = 0; round < rounds; round++) await execute({ schema, document, contextValue });
}
