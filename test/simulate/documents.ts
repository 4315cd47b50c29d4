import { print } from 'graphql';
import { WholeReport } from '../acceptance/operations.ts';

export const recordOne = `mutation ($input: RecordUsageInput!) {
  recordUsage(input: $input) { outcome event { requestId tenant { id } occurredAt inputTokens costUsd } }
}`;

export const recordBatch = `mutation ($inputs: [RecordUsageInput!]!) {
  recordUsageBatch(inputs: $inputs) {
    recorded duplicates rejected
    results {
      outcome requestId event { requestId tenant { id } occurredAt inputTokens costUsd } error { code message field }
    }
  }
}`;

export const voidOne = `mutation ($tenantId: ID!, $requestId: String!, $reason: String!) {
  voidUsage(tenantId: $tenantId, requestId: $requestId, reason: $reason) { requestId tenant { id } voidReason voidedAt }
}`;

export const wholeReport = print(WholeReport);

const stats = `totalCalls failedCalls errorRate totalCostUsd unpricedCalls
  cost { inputUsd cachedInputUsd cacheWriteUsd outputUsd unitsUsd unsplitUsd cacheSavingsUsd }
  cachedInputTokens cacheWriteTokens reasoningTokens totalTokens units { unit quantity }
  callDurationMs { avg min max p5 p50 p95 p99 }
  timeToFirstTokenMs { avg min max p5 p50 p95 p99 }
  inputTokens { total avg min max p5 p50 p95 p99 }
  outputTokens { total avg min max p5 p50 p95 p99 }`;

export const reportOnAll = `query (
  $from: DateTime, $to: DateTime, $bucket: Bucket!, $timezone: TimeZone, $filters: UsageFilters,
  $orderBy: UsageOrder, $first: Int, $pageSize: Int, $after: String
) {
  allUsage(from: $from, to: $to, bucket: $bucket, timezone: $timezone, filters: $filters) {
    total { ${stats} }
    buckets { ts end stats { ${stats} } }
    tenants(first: $pageSize, after: $after) {
      edges { node {
        tenant { id }
        stats { ${stats} }
        byAgent(orderBy: $orderBy, first: $first) { agentId stats { ${stats} } }
      } }
      pageInfo { hasNextPage endCursor }
    }
    filtersApplied { from to timezone }
  }
}`;

export const listCalls = `query ($tenantId: ID!, $from: DateTime, $to: DateTime, $filters: UsageFilters, $first: Int, $after: String) {
  calls(tenantId: $tenantId, from: $from, to: $to, filters: $filters, first: $first, after: $after) {
    edges { node {
      requestId tenant { id } occurredAt agentId provider model channelId userId botId threadId knowledgeBaseId operation status
      serviceTier inputTokens outputTokens cachedInputTokens cacheWriteTokens reasoningTokens units tags durationMs
      timeToFirstTokenMs costUsd voidedAt voidReason
    } }
    pageInfo { hasNextPage endCursor }
  }
}`;

export const createTenant = `mutation ($id: ID!, $name: String!, $timezone: TimeZone!) {
  createTenant(input: { id: $id, name: $name, timezone: $timezone }) { id }
}`;

export const deleteTenant = 'mutation ($id: ID!) { deleteTenant(id: $id) }';

export const findTenant = 'query ($id: ID!) { tenant(id: $id) { id } }';

export const createAgent = `mutation ($tenantId: ID!, $id: ID!, $name: String!) {
  createAgent(tenantId: $tenantId, input: { id: $id, name: $name }) { id }
}`;

export const setPrice = `mutation ($input: SetModelPriceInput!) { setModelPrice(input: $input) { id } }`;

export const createKey = `mutation ($tenantId: ID!, $scopes: [Scope!], $role: Role) {
  createApiKey(tenantId: $tenantId, input: { name: "simulation", scopes: $scopes, role: $role }) { secret apiKey { id } }
}`;

export const revokeKey = 'mutation ($id: ID!) { revokeApiKey(id: $id) { id revokedAt } }';

export const viewer = '{ viewer { subject tenant { id } } }';

export const totalCalls =
  'query ($tenantId: ID!) { usage(tenantId: $tenantId, bucket: NONE) { totals { totalCalls } } }';

export const reconcile = `{
  reconcile(first: 5) { summaries differing differences { tenantId grain startsAt columns { name stored expected } } }
}`;
