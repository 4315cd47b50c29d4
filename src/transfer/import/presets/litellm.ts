import type { JsonObject } from '../../../values/json.ts';
import type { Preset } from './preset.ts';
import { first, msBetween, numberAt, sumOf, withValues } from './values.ts';

/**
 * LiteLLM's table of spend logs (`LiteLLM_SpendLogs`), by row as its database or its API exports it. `prompt_tokens` include
 * what was cached; `metadata.usage_object` is the provider's usage in OpenAI's form.
 */
export const litellm: Preset = {
  columns: [['request_id'], ['startTime'], ['prompt_tokens'], ['completion_tokens']],
  toFields(record) {
    const end = first(record, 'endTime');
    const firstToken = first(record, 'completionStartTime');
    const usage = (name: string) => numberAt(record, `metadata.usage_object.${name}`);
    return {
      requestId: first(record, 'request_id'),
      occurredAt: first(record, 'startTime'),
      provider: first(record, 'custom_llm_provider'),
      model: first(record, 'model', 'model_group'),
      operation: first(record, 'call_type'),
      agentId: first(record, 'agent_id'),
      userId: first(record, 'end_user', 'user'),
      threadId: first(record, 'session_id'),
      inputTokens: first(record, 'prompt_tokens') ?? 0,
      outputTokens: first(record, 'completion_tokens') ?? 0,
      cachedInputTokens: sumOf(usage('cache_read_input_tokens') ?? usage('prompt_tokens_details.cached_tokens')),
      cacheWriteTokens: sumOf(usage('cache_creation_input_tokens')),
      reasoningTokens: sumOf(usage('completion_tokens_details.reasoning_tokens')),
      durationMs: msBetween(first(record, 'startTime'), end) ?? first(record, 'request_duration_ms'),
      // Where nothing was streamed, the first token came at the end.
      timeToFirstTokenMs: firstToken === end ? undefined : msBetween(first(record, 'startTime'), firstToken),
      status: first(record, 'status'),
      costUsd: costOf(record),
      tags: withValues({ team: first(record, 'team_id'), organization: first(record, 'organization_id') }),
    };
  },
};

/**
 * What LiteLLM says that the call cost. It writes 0 for a model whose price it does not know, which must not pass for a call
 * that was free: the gateway prices such a call itself, unless it came out of a cache.
 */
function costOf(record: JsonObject): unknown {
  const spend = numberAt(record, 'spend', 'response_cost');
  const tokens = sumOf(numberAt(record, 'prompt_tokens'), numberAt(record, 'completion_tokens'));
  const isHit = String(first(record, 'cache_hit')).toLowerCase() === 'true';
  return spend?.eq(0) && tokens > 0 && !isHit ? undefined : first(record, 'spend', 'response_cost');
}
