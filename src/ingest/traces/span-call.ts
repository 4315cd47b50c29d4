import type { CallInput } from '../../recording/validate-call.ts';
import { isClaudeCodeRequest, aiSdkFunction } from './span-kind.ts';
import { tagsOf } from './span-tags.ts';
import type { SpanUsage } from './span-usage.ts';
import type { Span } from './span.ts';

export const requestIdOf = ({ traceId, spanId }: Pick<Span, 'traceId' | 'spanId'>): string =>
  `otel:${traceId}:${spanId}`;

const providers = ['gen_ai.provider.name', 'gen_ai.system', 'llm.provider', 'llm.system', 'ai.model.provider'];

const models = [
  'gen_ai.response.model',
  'gen_ai.request.model',
  'llm.response.model',
  'llm.model_name',
  'embedding.model_name',
  'llm.request.model',
  'ai.response.model',
  'ai.model.id',
];

const threads = [
  'gen_ai.conversation.id',
  'session.id',
  'traceloop.association.properties.thread_id',
  'traceloop.association.properties.session_id',
  'ai.telemetry.metadata.sessionId',
  'langfuse.session.id',
];

const users = [
  'user.id',
  'enduser.id',
  'gen_ai.user.id',
  'gen_ai.request.user',
  'llm.user',
  'traceloop.association.properties.user_id',
  'ai.telemetry.metadata.userId',
  'langfuse.user.id',
];

const agents = ['gen_ai.agent.id', 'gen_ai.agent.name', 'agent.name', 'ai.telemetry.functionId'];

const tiers = [
  'openai.response.service_tier',
  'gen_ai.openai.response.service_tier',
  'gen_ai.response.service_tier',
  'openai.request.service_tier',
  'gen_ai.openai.request.service_tier',
];

/** The call that a span is. Nothing comes from other spans, which may arrive with another request. */
export function toCall(span: Span, usage: SpanUsage): CallInput {
  const text = (...names: string[]) =>
    names
      .map((name) => span.attributes.get(name))
      .find((value) => value !== undefined && value !== '')
      ?.toString();
  const ofClaudeCode = isClaudeCodeRequest(span);
  const { startMs, endMs } = span;
  const took = startMs !== undefined && endMs !== undefined && endMs >= startMs ? endMs - startMs : undefined;
  return {
    ...usage,
    requestId: requestIdOf(span),
    occurredAt: startMs === undefined ? undefined : new Date(startMs),
    agentId: text(...agents),
    provider: ofClaudeCode ? (text(...providers) ?? 'anthropic') : text(...providers),
    model: ofClaudeCode ? text(...models, 'model') : text(...models),
    operation: operationOf(span, text),
    threadId: text(...threads),
    userId: text(...users),
    serviceTier: text(...tiers),
    durationMs: rounded(numberOf(span, 'duration_ms', ofClaudeCode) ?? took),
    timeToFirstTokenMs: rounded(firstTokenMs(span)),
    status: span.failed || text('error.type') !== undefined ? 'FAILED' : 'SUCCESS',
    tags: tagsOf(span.resource),
  };
}

function operationOf(span: Span, text: (...names: string[]) => string | undefined): string {
  const said = text('gen_ai.operation.name', 'llm.request.type');
  if (said !== undefined) return said;
  const kind = text('openinference.span.kind', 'gen_ai.span.kind', 'langfuse.observation.type') ?? '';
  return /embed/i.test(`${kind} ${aiSdkFunction(span) ?? ''}`) ? 'embeddings' : 'chat';
}

const secondMs = 1000;

function firstTokenMs(span: Span): number | undefined {
  const seconds =
    numberOf(span, 'gen_ai.response.time_to_first_chunk') ?? numberOf(span, 'gen_ai.server.time_to_first_token');
  if (seconds !== undefined) return seconds * secondMs;
  return numberOf(span, 'ai.response.msToFirstChunk') ?? numberOf(span, 'ttft_ms', isClaudeCodeRequest(span));
}

function numberOf({ attributes }: Span, name: string, means = true): number | undefined {
  const value = means ? Number(attributes.get(name)) : undefined;
  return value !== undefined && Number.isFinite(value) && value >= 0 ? value : undefined;
}

const rounded = (ms: number | undefined) => (ms === undefined ? undefined : Math.round(ms));
