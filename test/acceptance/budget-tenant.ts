import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { DatabaseKind } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { graphql } from './gql/gql.ts';
import type { CreateBudgetInput, RecordUsageInput } from './gql/graphql.ts';
import { CreateTenant, Record as RecordCall } from './operations.ts';

export const CreateBudget = graphql(`
  mutation CreateBudget($input: CreateBudgetInput!, $tenantId: ID) {
    createBudget(input: $input, tenantId: $tenantId) {
      id
      name
      scope {
        agentId
        userId
        recordedBy
        tagName
        tagValues
        eachDimension
        eachTag
      }
      metric
      limit
      spike {
        factor
        floor
      }
      period
      thresholds
      action
    }
  }
`);

export const Budgets = graphql(`
  query Budgets($tenantId: ID, $first: Int, $after: String, $states: Int, $afterState: String) {
    budgets(tenantId: $tenantId, first: $first, after: $after) {
      edges {
        node {
          id
          name
          limit
          states(first: $states, after: $afterState) {
            edges {
              node {
                value
                spent
                reserved
                limit
                usual
                ratio
                status
                resetsAt
              }
            }
            pageInfo {
              hasNextPage
              endCursor
            }
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

export const BudgetEvents = graphql(`
  query BudgetEvents($tenantId: ID, $budgetId: ID, $first: Int, $after: String) {
    budgetEvents(tenantId: $tenantId, budgetId: $budgetId, first: $first, after: $after) {
      edges {
        node {
          id
          budget {
            id
          }
          value
          threshold
          spent
          limit
          usual
          periodStart
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

const Reconcile = graphql(`
  query ReconcileBudgets($tenantId: ID) {
    reconcile(tenantId: $tenantId) {
      budgets {
        budgetId
        value
        periodStart
        stored
        expected
        storedCalls
        expectedCalls
      }
    }
  }
`);

/** A tenant of its own for each test, on one gateway whose clock the test sets, and what tests of budgets do with it. */
export class BudgetTenant {
  /** What the gateway takes the time to be. */
  now = new Date(0);
  tenantId = '';
  #gateway: TestGateway | undefined;

  get gateway(): TestGateway {
    if (!this.#gateway) throw new Error('The gateway has not started.');
    return this.#gateway;
  }

  set gateway(gateway: TestGateway) {
    this.#gateway = gateway;
  }

  readonly create = async (input: Partial<CreateBudgetInput>) => {
    const watched = input.spike ? {} : { limit: '10' };
    const { tenantId } = this;
    return (await this.gateway.ask(CreateBudget, { tenantId, input: { name: 'Budget', ...watched, ...input } }))
      .createBudget;
  };

  /** Code and field of the error that creating a budget meets. */
  readonly refusal = async (input: Partial<CreateBudgetInput>) => {
    const variables = { tenantId: this.tenantId, input: { name: 'Budget', limit: '10', ...input } };
    const { errors } = await this.gateway.send(CreateBudget, variables);
    return [errors[0]?.extensions.code, errors[0]?.extensions.field];
  };

  /** Records a call of now, of two input tokens and an output token. */
  readonly spend = async (costUsd: string, more: Partial<RecordUsageInput> = {}) => {
    const occurredAt = this.now.toISOString();
    const call = { tenantId: this.tenantId, costUsd, inputTokens: 2, outputTokens: 1, occurredAt, ...more };
    return (await this.gateway.ask(RecordCall, { input: call })).recordUsage.outcome;
  };

  readonly budgets = async () => {
    const { budgets } = await this.gateway.ask(Budgets, { tenantId: this.tenantId });
    return budgets.edges.map(({ node }) => node);
  };

  readonly standings = async (id: string) =>
    (await this.budgets()).find((budget) => budget.id === id)?.states.edges.map(({ node }) => node) ?? [];

  readonly states = async (id: string) =>
    (await this.standings(id)).map(({ value, spent, status }) => [value, spent, status]);

  readonly events = async (budgetId?: string) => {
    const { budgetEvents } = await this.gateway.ask(BudgetEvents, {
      tenantId: this.tenantId,
      budgetId: budgetId ?? null,
    });
    return budgetEvents.edges.map(({ node }) => node);
  };

  /** Counters that differ from the ledger. */
  readonly differences = async () => {
    const { reconcile } = await this.gateway.ask(Reconcile, { tenantId: this.tenantId });
    return reconcile.budgets;
  };
}

/** A tenant for each test of a suite. Calls are folded only where a test does it. */
export function useBudgetTenant(kind: DatabaseKind, start = '2026-04-15T12:00:00Z'): BudgetTenant {
  const on = new BudgetTenant();
  let no = 0;
  beforeAll(async () => {
    on.gateway = await startTestGateway(kind, { clock: () => on.now, folding: false });
  });
  afterAll(() => on.gateway.close());
  beforeEach(async () => {
    on.now = new Date(start);
    on.tenantId = `tenant${++no}`;
    await on.gateway.ask(CreateTenant, { input: { id: on.tenantId, name: on.tenantId } });
  });
  return on;
}
