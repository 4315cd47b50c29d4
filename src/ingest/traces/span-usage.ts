import { ValidationError } from '../../values/errors.ts';
import { aiSdkFunction, isClaudeCodeRequest } from './span-kind.ts';
import type { Span } from './span.ts';

/** Attributes by what they count, today's name of the GenAI conventions first. */
const attributesOf = {
  input: [
    'gen_ai.usage.input_tokens',
    'gen_ai.usage.prompt_tokens',
    'llm.token_count.prompt',
    'llm.usage.prompt_tokens',
    'llm.usage.input_tokens',
    'ai.usage.inputTokens',
    'ai.usage.promptTokens',
    'ai.usage.tokens',
  ],
  output: [
    'gen_ai.usage.output_tokens',
    'gen_ai.usage.completion_tokens',
    'llm.token_count.completion',
    'llm.usage.completion_tokens',
    'llm.usage.output_tokens',
    'ai.usage.outputTokens',
    'ai.usage.completionTokens',
  ],
  total: ['gen_ai.usage.total_tokens', 'llm.usage.total_tokens', 'llm.token_count.total', 'ai.usage.totalTokens'],
  cached: [
    'gen_ai.usage.cache_read.input_tokens',
    'gen_ai.usage.cache_read_input_tokens',
    'gen_ai.usage.cached_input_tokens',
    'gen_ai.usage.cache_read_tokens',
    'gen_ai.usage.cached_tokens',
    'gen_ai.usage.input_tokens.cached',
    'gen_ai.usage.input_tokens_details.cached_tokens',
    'gen_ai.usage.prompt_tokens_details.cached_tokens',
    'gen_ai.usage.details.cache_read_input_tokens',
    'gen_ai.usage.details.cache_read_tokens',
    'gen_ai.usage.details.cached_tokens',
    'llm.token_count.prompt_details.cache_read',
    'llm.usage.cache_read_input_tokens',
    'llm.usage.cached_tokens',
    'ai.usage.inputTokenDetails.cacheReadTokens',
    'ai.usage.cachedInputTokens',
  ],
  cacheWrite: [
    'gen_ai.usage.cache_write.input_tokens',
    'gen_ai.usage.cache_creation.input_tokens',
    'gen_ai.usage.cache_creation_input_tokens',
    'gen_ai.usage.cache_write_input_tokens',
    'gen_ai.usage.cache_creation_tokens',
    'gen_ai.usage.cache_write_tokens',
    'gen_ai.usage.input_tokens.cache_write',
    'gen_ai.usage.details.cache_creation_input_tokens',
    'gen_ai.usage.details.cache_write_tokens',
    'llm.token_count.prompt_details.cache_write',
    'llm.usage.cache_creation_input_tokens',
    'ai.usage.inputTokenDetails.cacheWriteTokens',
  ],
  reasoning: [
    'gen_ai.usage.reasoning.output_tokens',
    'gen_ai.usage.reasoning_output_tokens',
    'gen_ai.usage.reasoning_tokens',
    'gen_ai.usage.output_tokens.reasoning',
    'gen_ai.usage.output_tokens_details.reasoning_tokens',
    'gen_ai.usage.completion_tokens_details.reasoning_tokens',
    'gen_ai.usage.details.reasoning_tokens',
    'gen_ai.usage.details.thoughts_tokens',
    'llm.token_count.completion_details.reasoning',
    'llm.usage.reasoning_tokens',
    'ai.usage.outputTokenDetails.reasoningTokens',
    'ai.usage.reasoningTokens',
  ],
} as const;

type Counted = keyof typeof attributesOf;

/** Names without a namespace mean tokens in these spans alone. */
const ofClaudeCode: Partial<Record<Counted, string>> = {
  input: 'input_tokens',
  output: 'output_tokens',
  cached: 'cache_read_tokens',
  cacheWrite: 'cache_creation_tokens',
};

export interface SpanUsage {
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens: number;
  cacheWriteTokens: number;
  reasoningTokens: number;
}

/**
 * What a span says that its call used, as calls have it: input with what was cached, output with what was reasoned.
 * Undefined when it has no count of tokens at all.
 * @throws {ValidationError} naming an attribute that is no count.
 */
export function readSpanUsage(span: Span): SpanUsage | undefined {
  const read = (counted: Counted) => countOf(span, counted);
  const total = read('total');
  const output = read('output');
  // A total alone is that of an embedding, which has no output.
  const input = read('input') ?? (output === undefined ? total : undefined);
  if (input === undefined && output === undefined) return undefined;
  const tokens = {
    inputTokens: input ?? 0,
    outputTokens: output ?? 0,
    cachedInputTokens: read('cached') ?? 0,
    cacheWriteTokens: read('cacheWrite') ?? 0,
    reasoningTokens: read('reasoning') ?? 0,
  };
  const cache = tokens.cachedInputTokens + tokens.cacheWriteTokens;
  if (excludesCache(span, tokens, total)) tokens.inputTokens += cache;
  if (tokens.reasoningTokens > tokens.outputTokens) tokens.outputTokens += tokens.reasoningTokens;
  return tokens;
}

/** The first of its attributes that is there; not 0 where another one says more, as SDKs fill in zeros. */
function countOf(span: Span, counted: Counted): number | undefined {
  const own = isClaudeCodeRequest(span) ? ofClaudeCode[counted] : undefined;
  const names = own === undefined ? attributesOf[counted] : [own, ...attributesOf[counted]];
  const counts = names.flatMap((name) => {
    const count = readCount(span.attributes.get(name), name);
    return count === undefined ? [] : [count];
  });
  return counts.find((count) => count > 0) ?? counts[0];
}

function readCount(value: unknown, name: string): number | undefined {
  // What SDKs write where a provider told them nothing.
  if (value === undefined || value === '' || Number.isNaN(value) || value === 'NaN') return undefined;
  const count = typeof value === 'string' ? (/^\d+(\.0+)?$/.test(value) ? Number(value) : undefined) : value;
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count;
  throw new ValidationError(`'${name}' must be a whole number of at least 0`, name);
}

/**
 * Whether the input count is without what was read from and written to a cache, against the conventions: it is smaller
 * than that, the total says so, or it comes from an instrumentation that is known for it.
 */
function excludesCache(span: Span, tokens: SpanUsage, total: number | undefined): boolean {
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens } = tokens;
  const cache = cachedInputTokens + cacheWriteTokens;
  if (cache === 0) return false;
  if (inputTokens < cache) return true;
  if (total === inputTokens + outputTokens + cache) return true;
  return knownToExclude(span, total === inputTokens + outputTokens);
}

/**
 * docs/opentelemetry.md lists them. A total of input and output says otherwise where it is the provider's own.
 */
function knownToExclude(span: Span, totalIncludes: boolean): boolean {
  const { scope, scopeVersion, attributes } = span;
  if (isClaudeCodeRequest(span)) return true;
  if (/^(opentelemetry\.instrumentation\.bedrock|@traceloop\/instrumentation-bedrock)\b/.test(scope))
    return !totalIncludes;
  const provider = String(attributes.get('gen_ai.provider.name') ?? attributes.get('gen_ai.system') ?? '');
  const ofAnthropic = /anthropic|bedrock/.test(String(attributes.get('ai.model.provider') ?? provider));
  if (scope.startsWith('logfire') && ofAnthropic && scopeVersion !== '') return isBefore(scopeVersion, 4, 31);
  const isOlderSdk = aiSdkFunction(span) !== undefined && !attributes.keys().some((name) => name.startsWith(detailed));
  return isOlderSdk && ofAnthropic;
}

/** Attributes of the AI SDK since its version 6, which counts what was cached as input. */
const detailed = 'ai.usage.inputTokenDetails.';

function isBefore(version: string, major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number);
  return ownMajor < major || (ownMajor === major && ownMinor < minor);
}
