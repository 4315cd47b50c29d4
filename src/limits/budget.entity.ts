import { defineEntity, p, type InferEntity } from '@mikro-orm/postgresql';
import { DecimalType } from '../database/decimal.type.ts';
import { ownRows } from '../database/row-level-security.ts';
import type { TenantId } from '../values/identifier.ts';
import type { BudgetPeriod, Zone } from './budget-period.ts';

export type BudgetMetric = 'COST_USD' | 'TOTAL_TOKENS' | 'CALLS';
export type BudgetAction = 'NOTIFY' | 'BLOCK';

/** What calls may be told apart by for a budget; a tag as "tag:" and its name. */
export type BudgetDimension = 'agentId' | 'userId' | 'recordedBy' | `tag:${string}`;

/**
 * A limit of a tenant for each period, or a watch for spikes of an hour, over all of its calls or those of a scope. It has a
 * limit, or a factor and a floor.
 */
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
    limit: p.type(DecimalType).fieldName('limit_amount').nullable(),
    /** An hour is a spike from so many times what is usual. */
    spikeFactor: p.type(DecimalType).nullable(),
    /** An hour with less is none. */
    spikeFloor: p.type(DecimalType).nullable(),
    /** Parts of the limit, as decimals, ascending; none for a budget that watches for spikes. */
    thresholds: p.array(),
    /** Time zones of its periods, one after the other. */
    zones: p.json<Zone[]>(),
    /** Begin of the first period that is counted; of a budget that watches for spikes, of the first hour that is kept. */
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
  indexes: [{ name: 'budget_counter_by_value', properties: ['tenantId', 'budgetId', 'value', 'periodStart'] }],
  properties: {
    tenantId: p.text().$type<TenantId>().collation('C').primary(),
    budgetId: p.text().collation('C').primary(),
    /** Of a budget that watches for spikes, all hours that are not kept are one period, which begins with time itself. */
    periodStart: p.datetime(3).primary(),
    /** Value of the dimension that has the limit on its own; empty for a budget without one. */
    value: p.text().collation('C').primary(),
    spent: p.type(DecimalType),
    /** Of a budget that watches for spikes; null for the others. */
    calls: p.bigint('number').nullable(),
  },
});

/** A threshold that was reached, or a spike; written by the transaction that reached it. */
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
    /** 0 for a spike. */
    threshold: p.type(DecimalType).primary(),
    id: p.text().fieldName('event_id').collation('C'),
    at: p.datetime(3),
    spent: p.type(DecimalType),
    /** Null for a spike. */
    limit: p.type(DecimalType).fieldName('limit_amount').nullable(),
    /** What was usual at the hour of a spike; null for a threshold. */
    usual: p.type(DecimalType).nullable(),
  },
});

export type BudgetEvent = InferEntity<typeof BudgetEventEntity>;
