import { defineEntity, p } from '@mikro-orm/postgresql';
import { DecimalType } from '../database/decimal.type.ts';
import type { TenantId } from '../values/identifier.ts';
import { ownRows } from '../database/row-level-security.ts';

/** Lengths of time that are summarised; each begins on the clock of UTC. */
export type Grain = 'HOUR' | 'DAY' | 'MONTH';

/** What the calls of a summary add up to. Money is numeric, sketches are as in sketch.ts. */
const measures = {
  calls: p.bigint(),
  failedCalls: p.bigint(),
  unpricedCalls: p.bigint(),
  cachedInputTokens: p.bigint(),
  reasoningTokens: p.bigint(),
  /** Calls with a duration; all have tokens. */
  durationCount: p.bigint(),
  durationMin: p.bigint().nullable(),
  durationMax: p.bigint().nullable(),
  inputTotal: p.bigint(),
  outputTotal: p.bigint(),
  inputMin: p.integer(),
  inputMax: p.integer(),
  outputMin: p.integer(),
  outputMax: p.integer(),
  durationTotal: p.type(DecimalType).nullable(),
  costUsd: p.type(DecimalType),
  durationSketch: p.blob(),
  inputSketch: p.blob(),
  outputSketch: p.blob(),
};

const key = {
  tenantId: p.text().$type<TenantId>().collation('C').primary(),
  grain: p.text().$type<Grain>().collation('C').primary(),
  startsAt: p.datetime(3).primary(),
};

/** The calls of a tenant in an hour, a day or a month. */
export const TenantSummaryEntity = defineEntity({
  name: 'TenantSummary',
  tableName: 'tenant_summary',
  ...ownRows,
  properties: { ...key, ...measures },
});

const agentId = p.text().collation('C').primary();
const provider = p.text().collation('C').primary();
const model = p.text().collation('C').primary();
const channelId = p.text().collation('C').primary();

/** The calls of a tenant in a day or a month by what they were made with. An agent that was not named is ''. */
export const DetailSummaryEntity = defineEntity({
  name: 'DetailSummary',
  tableName: 'detail_summary',
  ...ownRows,
  properties: { ...key, agentId, provider, model, channelId, ...measures },
});

/** The calls of an agent of a tenant in a month. */
export const AgentSummaryEntity = defineEntity({
  name: 'AgentSummary',
  tableName: 'agent_summary',
  ...ownRows,
  properties: { ...key, agentId, ...measures },
});

/** The calls of a tenant with a model in a month. */
export const ModelSummaryEntity = defineEntity({
  name: 'ModelSummary',
  tableName: 'model_summary',
  ...ownRows,
  properties: { ...key, provider, model, ...measures },
});
