import { builder } from '../graphql/builder.ts';
import { tenantLoader } from '../tenancy/tenant.loader.ts';
import { TenantRef } from '../tenancy/tenant.type.ts';
import { CostSourceRef } from '../pricing/cost-source.type.ts';
import type { Call, CallStatus } from './call.entity.ts';

export const CallStatusRef = builder.enumType('CallStatus', {
  description: 'How a call ended.',
  values: {
    SUCCESS: { description: 'It was answered.' },
    FAILED: { description: 'It was not; it still counts, with its tokens and cost.' },
  } satisfies Record<CallStatus, { description: string }>,
});

export const UsageEventRef = builder.objectRef<Call>('UsageEvent').implement({
  description: 'A recorded call, as it stands in the ledger.',
  fields: (t) => ({
    requestId: t.exposeString('requestId', { description: 'Idempotency key within the tenant.' }),
    tenant: t.field({
      type: TenantRef,
      description: 'Tenant that the call is recorded for.',
      resolve: (call, _args, context) => context.once(tenantLoader).load(call.tenantId),
    }),
    occurredAt: t.expose('occurredAt', { type: 'DateTime', description: 'When the call was made.' }),
    recordedAt: t.expose('recordedAt', { type: 'DateTime', description: 'When the gateway stored it.' }),
    agentId: t.exposeID('agentId', { nullable: true, description: 'Agent that made it; null when none was named.' }),
    provider: t.exposeString('provider', { description: 'Provider of the model; "unknown" when none was named.' }),
    model: t.exposeString('model', { description: 'Model that was called; "unknown" when none was named.' }),
    operation: t.exposeString('operation', {
      nullable: true,
      description: 'Kind of call, such as "chat" or "embedding".',
    }),
    channelId: t.exposeString('channelId', {
      nullable: true,
      description: 'Channel that it came through; null when none was named.',
    }),
    userId: t.exposeString('userId', {
      nullable: true,
      description: 'User that it was made for; null when none was named.',
    }),
    botId: t.exposeString('botId', { nullable: true, description: 'Bot that made it; null when none was named.' }),
    threadId: t.exposeString('threadId', {
      nullable: true,
      description: 'Conversation that it belongs to; null when none was named.',
    }),
    knowledgeBaseId: t.exposeString('knowledgeBaseId', {
      nullable: true,
      description: 'Knowledge base that it used; null when none was named.',
    }),
    inputTokens: t.expose('inputTokens', { type: 'SafeInt', description: 'Input tokens, the cached ones included.' }),
    outputTokens: t.expose('outputTokens', {
      type: 'SafeInt',
      description: 'Output tokens, the reasoning ones included.',
    }),
    cachedInputTokens: t.expose('cachedInputTokens', {
      type: 'SafeInt',
      description: 'Input tokens read from a cache.',
    }),
    cacheWriteTokens: t.expose('cacheWriteTokens', {
      type: 'SafeInt',
      description: 'Input tokens written to a cache.',
    }),
    reasoningTokens: t.expose('reasoningTokens', { type: 'SafeInt', description: 'Output tokens spent on reasoning.' }),
    totalTokens: t.field({
      type: 'SafeInt',
      description: 'Input and output tokens.',
      resolve: (call) => call.inputTokens + call.outputTokens,
    }),
    durationMs: t.expose('durationMs', {
      type: 'SafeInt',
      nullable: true,
      description: 'Duration in milliseconds; null when it was not sent.',
    }),
    status: t.expose('status', { type: CallStatusRef, description: 'How it ended.' }),
    costUsd: t.expose('costUsd', {
      type: 'Decimal',
      nullable: true,
      description: 'Cost in USD; null when no price was found.',
    }),
    costSource: t.expose('costSource', { type: CostSourceRef, description: 'Where the cost comes from.' }),
    priceId: t.exposeString('priceId', {
      nullable: true,
      description:
        'Price that the cost was computed with: id of a model price, or entry of the catalogue with its version; null when it was not.',
    }),
    voidedAt: t.expose('voidedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was taken out of every aggregate; null when it counts.',
    }),
    voidReason: t.exposeString('voidReason', {
      nullable: true,
      description: 'Why it was voided; null when it counts.',
    }),
    voidedBy: t.exposeString('voidedBy', { nullable: true, description: 'Who voided it; null when it counts.' }),
    metadata: t.expose('metadata', {
      type: 'JSONObject',
      nullable: true,
      description: 'What the caller attached; null for nothing.',
    }),
  }),
});
