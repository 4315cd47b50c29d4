import { defineEntity, p, type InferEntity } from '@mikro-orm/postgresql';
import { DecimalType } from '../database/decimal.type.ts';
import { ownRows } from '../database/row-level-security.ts';
import type { TenantId } from '../values/identifier.ts';
import type { BudgetPeriod, Zone } from './budget-period.ts';

export type BudgetMetric = 'COST_USD' | 'TOTAL_TOKENS' | 'CALLS';
export type BudgetAction = 'NOTIFY' | 'BLOCK';

/** What calls may be told apart by for a budget; a tag as "tag:" and its name. */
export type BudgetDimension = 'agentId' | 'userId' | 'recordedBy' | `tag:${string}`;

/** A limit of a tenant for each period, over all of its calls or those of a scope. */
export const BudgetEntity = defineEntity({
  name: 'Budget',
  tableName: 'budget',
  ...ownRows,
  properties: {
    tenantId: p.text().$type<TenantId>().collation('C').primary(),
    /** Begins with "agent:" for the monthly budget of an agent. */
    id: p.text().fieldName('budget_id').collation('C').primary(),
    name: p.text(),
    /** Only calls with one of the values count; null for no such condition. */
    scopeDimension: p.text().$type<BudgetDimension>().collation('C').nullable(),
    scopeValues: p.array(),
    /** Each value of it has the limit on its own; null for one limit over all. */
    eachDimension: p.text().$type<BudgetDimension>().collation('C').nullable(),
    metric: p.text().$type<BudgetMetric>(),
    period: p.text().$type<BudgetPeriod>(),
    action: p.text().$type<BudgetAction>(),
    limit: p.type(DecimalType).fieldName('limit_amount'),
    /** Parts of the limit, as decimals, ascending. */
    thresholds: p.array(),
    /** Time zones of its periods, one after the other. */
    zones: p.json<Zone[]>(),
    /** Begin of the first period that is counted. */
    countsFrom: p.datetime(3),
    createdAt: p.datetime(3),
  },
});

export type Budget = InferEntity<typeof BudgetEntity>;

/** What a budget's calls add up to in a period. It changes in the transactions that change the ledger. */
export const BudgetCounterEntity = defineEntity({
  name: 'BudgetCounter',
  tableName: 'budget_counter',
  ...ownRows,
  properties: {
    tenantId: p.text().$type<TenantId>().collation('C').primary(),
    budgetId: p.text().collation('C').primary(),
    periodStart: p.datetime(3).primary(),
    /** Value of the dimension that has the limit on its own; empty for a budget without one. */
    value: p.text().collation('C').primary(),
    spent: p.type(DecimalType),
  },
});

/** A threshold that was reached; written by the transaction that reached it. */
export const BudgetEventEntity = defineEntity({
  name: 'BudgetEvent',
  tableName: 'budget_event',
  ...ownRows,
  indexes: [{ name: 'budget_event_newest_first', properties: ['tenantId', 'at', 'id'] }],
  properties: {
    tenantId: p.text().$type<TenantId>().collation('C').primary(),
    budgetId: p.text().collation('C').primary(),
    periodStart: p.datetime(3).primary(),
    value: p.text().collation('C').primary(),
    threshold: p.type(DecimalType).primary(),
    id: p.text().fieldName('event_id').collation('C'),
    at: p.datetime(3),
    spent: p.type(DecimalType),
    limit: p.type(DecimalType).fieldName('limit_amount'),
  },
});

export type BudgetEvent = InferEntity<typeof BudgetEventEntity>;
