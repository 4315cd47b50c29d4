import { count, extracted, firstCount, requiredCount } from './counts.ts';
import type { Dialect, Quantities } from './dialect.ts';
import { at } from './json-path.ts';
import { isJsonObject, type JsonObject } from '../values/json.ts';
import { readingOfTotal } from './totals.ts';

const has = (usage: JsonObject, ...names: string[]) => names.some((name) => typeof at(usage, name) === 'number');

/** Anthropic's messages, on every cloud: input without what was read from or written to the cache. */
export const messages: Dialect = {
  name: 'messages',
  fits: (usage) => has(usage, 'input_tokens', 'output_tokens'),
  read: (usage) => {
    requiredCount(usage, 'input_tokens');
    const read = extracted(usage, 'anthropic', 'default');
    const compactions = compactionsOf(usage).map((one) => extracted(one, 'anthropic', 'default'));
    // Web fetches cost nothing besides their tokens.
    const sum = compactions.reduce(plus, {
      ...read,
      code_executions: firstCount(usage, 'server_tool_use.code_execution_requests'),
    });
    const { cache_write_5m_tokens: fiveMinutes = 0, ...rest } = sum;
    const written = Math.max(rest['cache_write_tokens'] ?? 0, fiveMinutes + (rest['cache_write_1h_tokens'] ?? 0));
    const missing = written - (rest['cache_write_tokens'] ?? 0);
    return { ...rest, cache_write_tokens: written, input_tokens: (rest['input_tokens'] ?? 0) + missing };
  },
  serviceTier: (usage) => {
    const tier = at(usage, 'service_tier') ?? 'standard';
    if (at(usage, 'speed') === 'fast') return 'fast';
    const isElsewhere = at(usage, 'inference_geo') === 'us';
    return isElsewhere ? (tier === 'standard' ? 'us' : `${String(tier)}-us`) : tier;
  },
};

/** Sampling that made a long conversation shorter; the counts beside do not have it. */
function compactionsOf(usage: JsonObject): JsonObject[] {
  const iterations = at(usage, 'iterations');
  return Array.isArray(iterations) ? iterations.filter(isJsonObject).filter((one) => one['type'] === 'compaction') : [];
}

const plus = (a: Quantities, b: Quantities): Quantities =>
  Object.fromEntries(
    [...new Set([...Object.keys(a), ...Object.keys(b)])].map((unit) => [unit, (a[unit] ?? 0) + (b[unit] ?? 0)]),
  );

/** Gemini: a prompt without what tools added, candidates without thoughts. */
export const generateContent: Dialect = {
  name: 'generateContent',
  fits: (usage) => has(usage, 'promptTokenCount', 'prompt_token_count', 'totalTokenCount', 'total_token_count'),
  read: (asSent) => {
    const usage = camelCased(asSent);
    const prompt = requiredCount(usage, 'promptTokenCount');
    const answered = ['responseTokenCount', 'responseTokensDetails'].some((name) => usage[name] !== undefined);
    const candidates = firstCount(usage, 'candidatesTokenCount', 'responseTokenCount');
    const read = extracted(
      {
        ...usage,
        candidatesTokenCount: candidates,
        ...(answered && { candidatesTokensDetails: usage['responseTokensDetails'] }),
      },
      'google',
      'default',
    );
    const tool = count(usage, 'toolUsePromptTokenCount') ?? 0;
    const thoughts = count(usage, 'thoughtsTokenCount') ?? 0;
    const { inputTokens, outputTokens } = readingOfTotal(count(usage, 'totalTokenCount'), [
      { inputTokens: prompt + tool, outputTokens: candidates + thoughts },
      { inputTokens: prompt + tool, outputTokens: candidates, isPossible: thoughts <= candidates },
      { inputTokens: prompt, outputTokens: candidates + thoughts, isPossible: tool <= prompt },
    ]);
    return {
      ...Object.fromEntries(Object.entries(read).filter(([unit]) => !/_(text|tool)_/.test(unit))),
      ...noneOfCached(usage),
      ...noneMade(usage, read),
      input_tokens: inputTokens,
      output_tokens: outputTokens,
    };
  },
  serviceTier: (usage) => {
    const traffic = at(usage, 'trafficType') ?? at(usage, 'traffic_type') ?? at(usage, 'serviceTier');
    if (typeof traffic !== 'string' || traffic.endsWith('UNSPECIFIED')) return undefined;
    return traffic.toLowerCase().replace(/^on_demand_/, '');
  },
  fees: (answer) => {
    const candidates = at(answer, 'candidates');
    const queries = (Array.isArray(candidates) ? candidates : []).map((one) =>
      at(one, 'groundingMetadata.webSearchQueries'),
    );
    return { web_searches: queries.reduce((sum: number, one) => sum + (Array.isArray(one) ? one.length : 0), 0) };
  },
};

/** Where the cached tokens are told by modality, those that are not listed were none. */
function noneOfCached(usage: JsonObject): Quantities {
  const details = at(usage, 'cacheTokensDetails');
  if (!Array.isArray(details)) return {};
  const cached = new Map<string, number>();
  for (const one of details.filter(isJsonObject)) {
    const modality = one['modality'] === 'DOCUMENT' ? 'image' : String(one['modality']).toLowerCase();
    cached.set(modality, (cached.get(modality) ?? 0) + (count(one, 'tokenCount') ?? 0));
  }
  return Object.fromEntries(
    ['audio', 'image', 'video'].map((modality) => [`cache_${modality}_read_tokens`, cached.get(modality) ?? 0]),
  );
}

/** Where the output is told by modality, those that are not listed were none. */
function noneMade(usage: JsonObject, read: Quantities): Quantities {
  if (!Array.isArray(usage['candidatesTokensDetails'] ?? usage['responseTokensDetails'])) return {};
  const units = ['audio', 'image', 'video'].map((modality) => `output_${modality}_tokens`);
  return Object.fromEntries(units.map((unit) => [unit, read[unit] ?? 0]));
}

/** Google's Python SDK writes names with underscores, in the usage and in its lists of details. */
const camelCased = (usage: JsonObject): JsonObject =>
  withNames(usage, (value) =>
    Array.isArray(value) ? value.map((one) => (isJsonObject(one) ? withNames(one, (inner) => inner) : one)) : value,
  );

const withNames = (object: JsonObject, change: (value: unknown) => unknown): JsonObject =>
  Object.fromEntries(
    Object.entries(object).map(([name, value]) => [
      name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase()),
      change(value),
    ]),
  );

/** Bedrock's Converse: input without what was cached, except where the total says otherwise. */
export const converse: Dialect = {
  name: 'converse',
  // The AI SDK has these names for counts of which it does not say what they include.
  fits: (usage) =>
    has(usage, 'inputTokens', 'outputTokens') &&
    !['cachedInputTokens', 'reasoningTokens', 'inputTokenDetails'].some((name) => at(usage, name) !== undefined),
  read: (usage, { model }) => {
    const input = requiredCount(usage, 'inputTokens');
    const outputTokens = count(usage, 'outputTokens') ?? 0;
    const read = firstCount(usage, 'cacheReadInputTokens', 'cacheReadInputTokenCount');
    const written = firstCount(usage, 'cacheWriteInputTokens', 'cacheWriteInputTokenCount');
    const total = count(usage, 'totalTokens');
    const cached = read + written;
    const beside = { inputTokens: input + cached, outputTokens };
    // Streams of OpenAI's models have the cached tokens inside. Fewer tokens than were cached cannot have them.
    const isSaid = total === undefined ? model.includes('openai.') : total === input + outputTokens;
    const isInside = isSaid && input >= cached;
    const isAllThereIs = total === input + outputTokens;
    const { inputTokens } = isInside
      ? { inputTokens: input }
      : readingOfTotal(isAllThereIs ? undefined : total, [beside]);
    return {
      input_tokens: inputTokens,
      output_tokens: outputTokens,
      cache_read_tokens: read,
      cache_write_tokens: written,
      cache_write_1h_tokens: keptForAnHour(usage),
    };
  },
  serviceTier: (_usage, answer) => at(answer, 'serviceTier.type') ?? at(answer, 'metadata.serviceTier.type'),
};

function keptForAnHour(usage: JsonObject): number {
  const details = at(usage, 'cacheDetails');
  if (!Array.isArray(details)) return 0;
  return details
    .filter(isJsonObject)
    .filter((one) => one['ttl'] === '1h')
    .reduce((sum, one) => sum + (count(one, 'inputTokens') ?? 0), 0);
}

/** Cohere bills by what it calls billed units. */
export const billedUnits: Dialect = {
  name: 'billed_units',
  fits: (usage) => isJsonObject(at(usage, 'billed_units')),
  read: (usage) => ({
    input_tokens: count(usage, 'billed_units.input_tokens') ?? 0,
    output_tokens: count(usage, 'billed_units.output_tokens') ?? 0,
    rerank_searches: count(usage, 'billed_units.search_units') ?? 0,
    input_images: count(usage, 'billed_units.images') ?? 0,
    classifications: count(usage, 'billed_units.classifications') ?? 0,
  }),
};

/** Llama on Bedrock, called by itself. */
export const generation: Dialect = {
  name: 'invoke',
  fits: (usage) => has(usage, 'generation_token_count'),
  read: (usage) => ({
    input_tokens: requiredCount(usage, 'prompt_token_count'),
    output_tokens: requiredCount(usage, 'generation_token_count'),
  }),
};

/** Mistral's OCR. */
export const pages: Dialect = {
  name: 'ocr',
  fits: (usage) => has(usage, 'pages_processed'),
  read: (usage) => ({ input_document_pages: count(usage, 'pages_processed') ?? 0 }),
};
