import { defineEntity, p, type InferEntity } from '@mikro-orm/postgresql';
import { DecimalType } from '../database/decimal.type.ts';
import type { Tags } from '../values/tags.ts';
import type { Units } from '../values/units.ts';
import type { AgentId, TenantId } from '../values/identifier.ts';
import type { CostSource } from '../pricing/cost-source.type.ts';
import { ownRows } from '../database/row-level-security.ts';

export type CallStatus = 'SUCCESS' | 'FAILED';

/** Stored when no provider or model was given. */
export const unknown = 'unknown';

export const maxVoidReasonLength = 1000;

/** One LLM or agent call in the ledger. Rows are only ever added; a void marks a row, repricing changes its cost, and erasing its user takes away what tells of a person. */
export const CallEntity = defineEntity({
  name: 'Call',
  tableName: 'usage_call',
  ...ownRows,
  indexes: [
    { name: 'usage_call_newest_first', properties: ['tenantId', 'occurredAt', 'requestId'], include: ['userId'] },
    { name: 'usage_call_batch', properties: ['tenantId', 'batchId'] },
    { name: 'usage_call_void_batch', properties: ['tenantId', 'voidBatchId'], where: 'void_batch_id is not null' },
  ],
  properties: {
    tenantId: p.text().$type<TenantId>().collation('C').primary(),
    requestId: p.text().collation('C').primary(),
    occurredAt: p.datetime(3),
    recordedAt: p.datetime(3).defaultRaw('now()'),
    agentId: p.text().$type<AgentId>().collation('C').nullable(),
    provider: p.text().collation('C'),
    model: p.text().collation('C'),
    operation: p.text().collation('C').nullable(),
    channelId: p.text().collation('C').nullable(),
    userId: p.text().collation('C').nullable(),
    botId: p.text().collation('C').nullable(),
    threadId: p.text().collation('C').nullable(),
    knowledgeBaseId: p.text().collation('C').nullable(),
    inputTokens: p.integer(),
    outputTokens: p.integer(),
    cachedInputTokens: p.integer(),
    cacheWriteTokens: p.integer(),
    cacheWrite1hTokens: p.integer().default(0),
    reasoningTokens: p.integer(),
    units: p.json<Units>().nullable(),
    durationMs: p.bigint('number').nullable(),
    timeToFirstTokenMs: p.bigint('number').nullable(),
    serviceTier: p.text().collation('C').default('standard'),
    tags: p.json<Tags>().nullable(),
    status: p.text().$type<CallStatus>().collation('C'),
    costUsd: p.type(DecimalType).nullable(),
    recordedBy: p.text().collation('C').default('unknown'),
    costSource: p.text().$type<CostSource>().collation('C'),
    /** Row of model_price or entry of the catalogue that the cost was computed from. */
    priceId: p.text().collation('C').nullable(),
    /** Parts of a computed cost, which add up to it; null for a part that is zero, and for costs given as one number. */
    inputCostUsd: p.type(DecimalType).nullable(),
    cachedInputCostUsd: p.type(DecimalType).nullable(),
    cacheWriteCostUsd: p.type(DecimalType).nullable(),
    outputCostUsd: p.type(DecimalType).nullable(),
    unitsCostUsd: p.type(DecimalType).nullable(),
    /** What cached and written tokens would have cost as ordinary input, less what they did; null for zero. */
    cacheSavingsUsd: p.type(DecimalType).nullable(),
    /** What was missing when no price was found. */
    unpricedReason: p.text().nullable(),
    /** SHA-256 of what the caller sent, except `occurredAt`; distinguishes a retry from a conflict. */
    contentHash: p.blob(),
    voidedAt: p.datetime(3).nullable(),
    voidReason: p.text().nullable(),
    voidedBy: p.text().collation('C').nullable(),
    /** Batches that recorded and voided the call: summaries do not yet include those listed in "unfolded". */
    batchId: p.uuid(),
    voidBatchId: p.uuid().nullable(),
    metadata: p.json<Record<string, unknown>>().nullable(),
  },
});

/** A row of the ledger, including the columns that only the fold reads. */
export type StoredCall = InferEntity<typeof CallEntity>;

export type Call = Omit<StoredCall, 'batchId' | 'voidBatchId'>;
