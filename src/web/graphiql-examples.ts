export const record = /* GraphQL */ `
  # Records one call. Send it twice: the second
  # answer is DUPLICATE, and the call counts once.
  #
  # A superuser's key must name the tenant, which
  # is created when it is new. With any other key,
  # leave out tenantId, here and in the next tab.
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

export const usageByDay = /* GraphQL */ `
  # One tenant by day, in its own time zone.
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

export const live = /* GraphQL */ `
  # Stays open and shows the report again whenever
  # calls come in. Record one in the first tab,
  # with another requestId.
  subscription Live {
    usageUpdates(tenantId: "acme", period: TODAY, bucket: HOUR) {
      totals {
        totalCalls
        totalCostUsd
        totalTokens
      }
      filtersApplied {
        to
      }
    }
  }
`;

export const allUsage = /* GraphQL */ `
  # All tenants and the grand total. For superusers.
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
