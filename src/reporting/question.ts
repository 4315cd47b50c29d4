import type { CallStatus } from '../recording/call.entity.ts';
import type { SummaryColumn } from '../rollup/summary-sql.ts';
import type { Bucket } from './bucket-borders.ts';
import type { TenantId } from '../values/identifier.ts';
import { identifierProblem } from '../values/identifier.ts';

/** Filters are ANDed; the values of one are ORed. Null and undefined both mean that a filter is not set. */
export interface UsageFilters {
  agentId?: readonly string[] | null | undefined;
  provider?: readonly string[] | null | undefined;
  model?: readonly string[] | null | undefined;
  channelId?: readonly string[] | null | undefined;
  userId?: readonly string[] | null | undefined;
  botId?: readonly string[] | null | undefined;
  threadId?: readonly string[] | null | undefined;
  knowledgeBaseId?: readonly string[] | null | undefined;
  operation?: readonly string[] | null | undefined;
  status?: readonly CallStatus[] | null | undefined;
}

export type FilterField = keyof UsageFilters;

/** Every filter with the SQL expression over the ledger that it compares. */
export const filterColumns: Record<FilterField, string> = {
  agentId: 'agent_id',
  provider: 'provider',
  model: 'model',
  channelId: `coalesce(channel_id, 'unknown')`,
  userId: 'user_id',
  botId: 'bot_id',
  threadId: 'thread_id',
  knowledgeBaseId: 'knowledge_base_id',
  operation: 'operation',
  status: 'status',
};

export const filterFields = Object.keys(filterColumns) as FilterField[];

export const allTenants = Symbol('all tenants');

/** Which calls are asked for: those of a tenant, or of all, in [from, to) that pass the filters. */
export interface Question {
  /** All tenants is for superusers; the field's scope sees to that. */
  tenantId: TenantId | typeof allTenants;
  from: Date;
  to: Date;
  filters: UsageFilters;
}

export type UsageOrder = 'COST_DESC' | 'CALLS_DESC' | 'TOKENS_DESC' | 'NAME_ASC';
export type Dimension = 'agent' | 'provider' | 'model' | 'channel' | 'user';

/** How the calls of a question are put into rows. */
export type Grouping =
  | { by: 'total' }
  | { by: 'bucket'; bucket: Exclude<Bucket, 'NONE'>; timezone: string; borders: readonly Date[] }
  | { by: Dimension; first: number; orderBy: UsageOrder };

/** A question, how its calls are grouped, and what is wanted of each group. */
export interface Aggregation {
  question: Question;
  grouping: Grouping;
  columns: readonly SummaryColumn[];
}

/** A filter's values that a recorded identifier can equal at all; the others match nothing and never reach SQL. */
export const possibleValues = (values: readonly string[]): string[] =>
  values.filter((value) => identifierProblem(value) === undefined);

/** Equal for equal questions. */
export const questionKey = ({ tenantId, from, to, filters }: Question): string =>
  JSON.stringify([tenantId === allTenants ? null : tenantId, from, to, filters]);
