/** What GraphiQL opens with, one in each tab. The first reads; the one that writes comes last. */
export const examples: readonly string[] = [
  /* GraphQL */ `
    # One tenant by day, in its own time zone.
    #
    # A superuser's key must name the tenant. With any
    # other key leave out tenantId, in every tab.
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
        filtersApplied {
          from
          to
          timezone
        }
      }
    }
  `,
  /* GraphQL */ `
    # Cost a day stacked by model: a row for each of the
    # five that cost most, and one for all the others.
    # "by" takes up to four dimensions or tags.
    query CostByModel {
      usage(tenantId: "acme", period: LAST_30_DAYS, bucket: DAY) {
        groups(by: [{ dimension: MODEL }], first: 5) {
          groupCount
          edges {
            node {
              values {
                value
              }
              share
              stats {
                totalCostUsd
              }
              buckets {
                localStart
                stats {
                  totalCostUsd
                }
              }
            }
          }
          others {
            share
            stats {
              totalCostUsd
            }
          }
        }
      }
    }
  `,
  /* GraphQL */ `
    # This month until now, and as much of the last one.
    query Compare {
      usage(tenantId: "acme", period: THIS_MONTH, bucket: NONE) {
        totals {
          totalCostUsd
          totalCalls
          errorRate
        }
        compare(to: PREVIOUS_MONTH) {
          totals {
            totalCostUsd
            totalCalls
            errorRate
          }
          filtersApplied {
            from
            to
          }
        }
      }
    }
  `,
  /* GraphQL */ `
    # Budgets, and how each stands in its period.
    query Budgets {
      budgets(tenantId: "acme") {
        edges {
          node {
            id
            name
            metric
            limit
            period
            states(first: 5) {
              edges {
                node {
                  value
                  status
                  spent
                  ratio
                  projected
                  resetsAt
                }
              }
            }
          }
        }
      }
    }
  `,
  /* GraphQL */ `
    # Stays open and shows the report again whenever
    # calls come in. Record one in the last tab, with
    # another requestId.
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
  `,
  /* GraphQL */ `
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
  `,
  /* GraphQL */ `
    # Records one call. Send it twice: the second
    # answer is DUPLICATE, and the call counts once.
    # A superuser's call creates a tenant that is new.
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
  `,
];
