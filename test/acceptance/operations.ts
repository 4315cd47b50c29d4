import { graphql } from './gql/gql.ts';

export const Record = graphql(`
  mutation Record($input: RecordUsageInput!) {
    recordUsage(input: $input) {
      outcome
      event {
        requestId
        tenant {
          id
          name
          timezone
        }
        occurredAt
        recordedAt
        agentId
        provider
        model
        operation
        channelId
        userId
        botId
        threadId
        knowledgeBaseId
        inputTokens
        outputTokens
        cachedInputTokens
        cacheWriteTokens
        reasoningTokens
        totalTokens
        durationMs
        status
        costUsd
        costSource
        priceId
        voidedAt
        voidReason
        voidedBy
        metadata
      }
    }
  }
`);

export const RecordBatch = graphql(`
  mutation RecordBatch($inputs: [RecordUsageInput!]!) {
    recordUsageBatch(inputs: $inputs) {
      recorded
      duplicates
      rejected
      results {
        outcome
        requestId
        event {
          requestId
        }
        error {
          code
          message
          field
        }
      }
    }
  }
`);

export const Totals = graphql(`
  query Totals($tenantId: ID, $from: DateTime, $to: DateTime, $filters: UsageFilters) {
    usage(tenantId: $tenantId, from: $from, to: $to, filters: $filters) {
      totals {
        totalCalls
        failedCalls
        totalCostUsd
        unpricedCalls
        totalTokens
        cachedInputTokens
        reasoningTokens
      }
    }
  }
`);

export const CreateTenant = graphql(`
  mutation CreateTenant($input: CreateTenantInput!) {
    createTenant(input: $input) {
      id
      name
      timezone
    }
  }
`);

export const CreateAgent = graphql(`
  mutation CreateAgent($input: CreateAgentInput!, $tenantId: ID) {
    createAgent(input: $input, tenantId: $tenantId) {
      id
      name
      budgetLimitUsd
    }
  }
`);

export const CreateApiKey = graphql(`
  mutation CreateApiKey($input: CreateApiKeyInput!, $tenantId: ID) {
    createApiKey(input: $input, tenantId: $tenantId) {
      secret
      apiKey {
        id
        name
        prefix
        role
        scopes
        createdAt
        expiresAt
        revokedAt
        lastUsedAt
      }
    }
  }
`);

export const InviteUser = graphql(`
  mutation InviteUser($email: String!, $role: Role!, $tenantId: ID) {
    inviteUser(email: $email, role: $role, tenantId: $tenantId) {
      id
      email
      role
      status
      expiresAt
    }
  }
`);

export const RevokeInvitation = graphql(`
  mutation RevokeInvitation($id: ID!) {
    revokeInvitation(id: $id) {
      id
      status
    }
  }
`);

export const Users = graphql(`
  query Users($tenantId: ID, $role: Role, $first: Int, $after: String) {
    users(tenantId: $tenantId, role: $role, first: $first, after: $after) {
      edges {
        node {
          id
          email
          name
          role
          tenant {
            id
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const TenantUsers = graphql(`
  query TenantUsers($tenantId: ID, $first: Int, $after: String) {
    tenantUsers(tenantId: $tenantId) {
      users(first: $first, after: $after) {
        edges {
          node {
            email
            role
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
      pendingInvitations {
        id
        email
        role
        status
      }
    }
  }
`);

export const StartImpersonation = graphql(`
  mutation StartImpersonation($tenantId: ID!, $reason: String!, $minutes: Int) {
    startImpersonation(tenantId: $tenantId, reason: $reason, minutes: $minutes) {
      id
      reason
      expiresAt
      token
      tenant {
        id
      }
    }
  }
`);

export const StopImpersonation = graphql(`
  mutation StopImpersonation {
    stopImpersonation
  }
`);

export const Viewer = graphql(`
  query Viewer {
    viewer {
      role
      subject
      scopes
      tenant {
        id
      }
      impersonation {
        id
        reason
        expiresAt
        token
        tenant {
          id
        }
      }
    }
  }
`);

export const UpdateTenant = graphql(`
  mutation UpdateTenant($id: ID!, $input: UpdateTenantInput!) {
    updateTenant(id: $id, input: $input) {
      id
      name
      timezone
    }
  }
`);

export const DeleteTenant = graphql(`
  mutation DeleteTenant($id: ID!) {
    deleteTenant(id: $id)
  }
`);

export const UpdateAgent = graphql(`
  mutation UpdateAgent($id: ID!, $input: UpdateAgentInput!, $tenantId: ID) {
    updateAgent(id: $id, input: $input, tenantId: $tenantId) {
      id
      name
      budgetLimitUsd
    }
  }
`);

export const DeleteAgent = graphql(`
  mutation DeleteAgent($id: ID!, $tenantId: ID) {
    deleteAgent(id: $id, tenantId: $tenantId)
  }
`);

export const ApiKeys = graphql(`
  query ApiKeys($tenantId: ID) {
    apiKeys(tenantId: $tenantId) {
      id
      name
      role
      scopes
      createdAt
      expiresAt
      revokedAt
      lastUsedAt
    }
  }
`);

export const RotateApiKey = graphql(`
  mutation RotateApiKey($id: ID!, $graceSeconds: Int) {
    rotateApiKey(id: $id, graceSeconds: $graceSeconds) {
      secret
      apiKey {
        id
        name
        prefix
        role
        scopes
        expiresAt
        revokedAt
      }
    }
  }
`);

export const RevokeApiKey = graphql(`
  mutation RevokeApiKey($id: ID!) {
    revokeApiKey(id: $id) {
      id
      name
      revokedAt
    }
  }
`);

export const AuditEvents = graphql(`
  query AuditEvents($tenantId: ID, $first: Int, $after: String) {
    auditEvents(tenantId: $tenantId, first: $first, after: $after) {
      edges {
        cursor
        node {
          id
          at
          actor
          subject
          action
          tenantId
          target
          details
        }
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        endCursor
      }
    }
  }
`);

export const BudgetAlerts = graphql(`
  query BudgetAlerts($tenantId: ID) {
    budgetAlerts(tenantId: $tenantId) {
      agent {
        id
        name
      }
      budgetLimitUsd
      currentUsd
      ratio
      status
    }
  }
`);

export const SetPrice = graphql(`
  mutation SetPrice($input: SetModelPriceInput!, $tenantId: ID) {
    setModelPrice(input: $input, tenantId: $tenantId) {
      id
      provider
      model
      effectiveFrom
      effectiveTo
      inputUsdPerMillion
      outputUsdPerMillion
      cachedInputUsdPerMillion
      cacheWriteUsdPerMillion
      reasoningUsdPerMillion
      source
    }
  }
`);

export const Prices = graphql(`
  query Prices($tenantId: ID, $provider: String, $first: Int, $after: String) {
    modelPrices(tenantId: $tenantId, provider: $provider, first: $first, after: $after) {
      edges {
        cursor
        node {
          id
          model
          source
          effectiveFrom
          effectiveTo
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const SetDetailedPrice = graphql(`
  mutation SetDetailedPrice($input: SetModelPriceInput!, $tenantId: ID) {
    setModelPrice(input: $input, tenantId: $tenantId) {
      id
      serviceTier
      cacheWrite1hUsdPerMillion
      tiers {
        aboveInputTokens
        inputUsdPerMillion
        outputUsdPerMillion
        cachedInputUsdPerMillion
        cacheWriteUsdPerMillion
        cacheWrite1hUsdPerMillion
      }
      units {
        unit
        usdPerUnit
      }
    }
  }
`);

export const DetailedPrices = graphql(`
  query DetailedPrices($tenantId: ID, $provider: String) {
    modelPrices(tenantId: $tenantId, provider: $provider) {
      edges {
        node {
          model
          serviceTier
          cacheWrite1hUsdPerMillion
          tiers {
            aboveInputTokens
            inputUsdPerMillion
          }
          units {
            unit
            usdPerUnit
          }
        }
      }
    }
  }
`);

export const CataloguePrices = graphql(`
  query CataloguePrices($provider: String, $search: String, $at: DateTime, $first: Int, $after: String) {
    cataloguePrices(provider: $provider, search: $search, at: $at, first: $first, after: $after) {
      edges {
        node {
          provider
          model
          inputUsdPerMillion
          outputUsdPerMillion
          cachedInputUsdPerMillion
          cacheWriteUsdPerMillion
          cacheWrite1hUsdPerMillion
          units {
            unit
            usdPerUnit
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const EstimateMore = graphql(`
  query EstimateMore(
    $provider: String!
    $model: String!
    $inputTokens: SafeInt!
    $cacheWriteTokens: SafeInt
    $cacheWrite1hTokens: SafeInt
    $serviceTier: String
    $at: DateTime
    $tenantId: ID
  ) {
    estimateCost(
      provider: $provider
      model: $model
      inputTokens: $inputTokens
      outputTokens: 0
      cacheWriteTokens: $cacheWriteTokens
      cacheWrite1hTokens: $cacheWrite1hTokens
      serviceTier: $serviceTier
      at: $at
      tenantId: $tenantId
    ) {
      costUsd
      costSource
      priceId
      unpricedReason
    }
  }
`);

export const Estimate = graphql(`
  query Estimate($provider: String!, $model: String!, $inputTokens: SafeInt!, $at: DateTime, $tenantId: ID) {
    estimateCost(
      provider: $provider
      model: $model
      inputTokens: $inputTokens
      outputTokens: 0
      at: $at
      tenantId: $tenantId
    ) {
      costUsd
      costSource
      priceId
    }
  }
`);

export const Void = graphql(`
  mutation Void($requestId: String!, $reason: String!, $tenantId: ID) {
    voidUsage(requestId: $requestId, reason: $reason, tenantId: $tenantId) {
      requestId
      voidedAt
      voidReason
      voidedBy
      costUsd
    }
  }
`);

export const Reconcile = graphql(`
  query Reconcile($tenantId: ID, $first: Int) {
    reconcile(tenantId: $tenantId, first: $first) {
      summaries
      differing
      differences {
        tenantId
        grain
        startsAt
        agentId
        provider
        model
        channelId
        columns {
          name
          stored
          expected
        }
      }
    }
  }
`);

/** Everything that a report of a tenant has. */
export const WholeReport = graphql(`
  query WholeReport(
    $tenantId: ID!
    $from: DateTime
    $to: DateTime
    $bucket: Bucket!
    $timezone: TimeZone
    $filters: UsageFilters
    $orderBy: UsageOrder
    $first: Int
  ) {
    usage(tenantId: $tenantId, from: $from, to: $to, bucket: $bucket, timezone: $timezone, filters: $filters) {
      totals {
        ...EveryStat
      }
      buckets {
        ...BucketRow
      }
      byAgent(orderBy: $orderBy, first: $first) {
        ...AgentRow
      }
      byProvider(orderBy: $orderBy, first: $first) {
        provider
        stats {
          ...EveryStat
        }
      }
      byModel(orderBy: $orderBy, first: $first) {
        provider
        model
        stats {
          ...EveryStat
        }
      }
      byChannel(orderBy: $orderBy, first: $first) {
        channelId
        stats {
          ...EveryStat
        }
      }
      byUser(orderBy: $orderBy, first: $first) {
        userId
        stats {
          ...EveryStat
        }
      }
      filtersApplied {
        ...EveryAppliedFilter
      }
    }
  }
`);

graphql(`
  fragment WholeStatement on Statement {
    tenant {
      id
    }
    month
    from
    to
    closedAt
    totals {
      ...EveryStat
    }
    lines {
      provider
      model
      stats {
        ...EveryStat
      }
    }
    adjustments {
      at
      month
      reason
      provider
      model
      calls
      costUsd
    }
    adjustedUsd
    totalUsd
  }
`);

export const StatementOf = graphql(`
  query StatementOf($tenantId: ID, $month: LocalDate!) {
    statement(tenantId: $tenantId, month: $month) {
      ...WholeStatement
    }
  }
`);

export const CloseStatement = graphql(`
  mutation CloseStatement($tenantId: ID, $month: LocalDate!) {
    closeStatement(tenantId: $tenantId, month: $month) {
      ...WholeStatement
    }
  }
`);
