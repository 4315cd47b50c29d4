/** A query that agents may ask, as a tool. Its input and output follow from the query and the schema. */
export interface ToolQuery {
  name: string;
  title: string;
  /** The field of the schema that tells what the tool does, after those on the way to it. */
  field: readonly string[];
  /** One operation, whose variables are the arguments of the tool. */
  query: string;
}

const stats = /* GraphQL */ `
  fragment Stats on UsageStats {
    totalCalls
    failedCalls
    errorRate
    unpricedCalls
    totalCostUsd
    totalTokens
    inputTokens {
      total
    }
    cachedInputTokens
    outputTokens {
      total
    }
    reasoningTokens
    callDurationMs {
      avg
      p50
      p95
    }
  }
`;

const report = /* GraphQL */ `usage(
    tenantId: $tenantId
    period: $period
    from: $from
    to: $to
    fromDate: $fromDate
    toDate: $toDate
    timezone: $timezone
    bucket: $bucket
    filters: $filters
  )`;

const reportVariables = /* GraphQL */ `
  $tenantId: ID
  $period: Period
  $from: DateTime
  $to: DateTime
  $fromDate: LocalDate
  $toDate: LocalDate
  $timezone: TimeZone
  $bucket: Bucket! = NONE
  $filters: UsageFilters`;

const window = 'filtersApplied { from to timezone bucket }';

const usageReport = /* GraphQL */ `query UsageReport(${reportVariables}
  $compare: Boolean! = false
  $compareTo: Comparison! = PREVIOUS_PERIOD
) {
  ${report} {
    tenant { id name }
    ${window}
    totals { ...Stats }
    buckets { ts localStart end stats { ...Stats } }
    compare(to: $compareTo) @include(if: $compare) {
      ${window}
      totals { ...Stats }
    }
  }
}
${stats}`;

const usageGroups = /* GraphQL */ `query UsageGroups(
  $by: [GroupBy!]!${reportVariables}
  $buckets: Boolean! = false
  $orderBy: UsageOrder = COST_DESC
  $first: Int = 10
  $after: String
) {
  ${report} {
    tenant { id name }
    ${window}
    totals { ...Stats }
    groups(by: $by, orderBy: $orderBy, first: $first, after: $after) {
      groupCount
      edges {
        node {
          values { dimension tag value }
          share
          stats { ...Stats }
          buckets @include(if: $buckets) { ts localStart end stats { totalCalls totalCostUsd totalTokens } }
        }
      }
      others { share stats { ...Stats } }
      pageInfo { hasNextPage endCursor }
    }
  }
}
${stats}`;

const listCalls = /* GraphQL */ `
  query ListCalls(
    $tenantId: ID
    $from: DateTime
    $to: DateTime
    $filters: UsageFilters
    $minCostUsd: Decimal
    $minDurationMs: SafeInt
    $orderBy: CallOrder = NEWEST_FIRST
    $first: Int = 20
    $after: String
  ) {
    calls(
      tenantId: $tenantId
      from: $from
      to: $to
      filters: $filters
      minCostUsd: $minCostUsd
      minDurationMs: $minDurationMs
      orderBy: $orderBy
      first: $first
      after: $after
    ) {
      edges {
        node {
          requestId
          occurredAt
          status
          provider
          model
          operation
          serviceTier
          agentId
          userId
          channelId
          threadId
          tags
          inputTokens
          cachedInputTokens
          cacheWriteTokens
          outputTokens
          reasoningTokens
          units
          durationMs
          timeToFirstTokenMs
          costUsd
          costSource
          priceId
          unpricedReason
          voidedAt
          voidReason
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

const state = 'value status limit spent reserved ratio projected resetsAt';

const listBudgets = /* GraphQL */ `query ListBudgets($tenantId: ID, $states: Int = 10, $first: Int = 20, $after: String) {
  budgets(tenantId: $tenantId, first: $first, after: $after) {
    edges {
      node {
        id
        name
        metric
        limit
        period
        action
        thresholds
        scope { agentId userId recordedBy tagName tagValues eachDimension eachTag }
        states(first: $states) {
          edges { node { ${state} } }
          pageInfo { hasNextPage }
        }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}`;

const estimateCost = /* GraphQL */ `query EstimateCost($input: RecordUsageInput!) {
  previewUsage(input: $input) {
    outcome
    error { code message field }
    event {
      provider
      model
      serviceTier
      inputTokens
      cachedInputTokens
      cacheWriteTokens
      outputTokens
      reasoningTokens
      units
      costUsd
      costSource
      priceId
      unpricedReason
    }
    budgets { budget { id name metric period action } ${state} }
  }
}`;

export const toolQueries: readonly ToolQuery[] = [
  { name: 'usage_report', title: 'Usage report', field: ['usage'], query: usageReport },
  { name: 'usage_groups', title: 'Usage by group', field: ['usage', 'groups'], query: usageGroups },
  { name: 'list_calls', title: 'Recorded calls', field: ['calls'], query: listCalls },
  { name: 'list_budgets', title: 'Budgets and their states', field: ['budgets'], query: listBudgets },
  { name: 'estimate_cost', title: 'Cost of a call', field: ['previewUsage'], query: estimateCost },
];
