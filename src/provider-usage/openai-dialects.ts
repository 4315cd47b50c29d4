import { count, extracted, firstCount } from './counts.ts';
import type { Dialect, Quantities } from './dialect.ts';
import { at } from './json-path.ts';
import { isJsonObject, type JsonObject } from '../values/json.ts';
import { readingOfTotal } from './totals.ts';

const has = (usage: JsonObject, ...names: string[]) => names.some((name) => typeof at(usage, name) === 'number');

const ofDetails = (usage: JsonObject, details: string, names: Readonly<Record<string, string>>): Quantities =>
  Object.fromEntries(
    Object.entries(names).flatMap(([name, unit]) => {
      const found = count(usage, `${details}.${name}`);
      return found === undefined ? [] : [[unit, found]];
    }),
  );

/** Chat completions, which most providers speak, each with additions of its own. */
export const chatCompletions: Dialect = {
  name: 'chat',
  fits: (usage) => has(usage, 'prompt_tokens') && has(usage, 'completion_tokens'),
  read: (usage, { provider }) => {
    if (provider === 'perplexity') return withRequestFee(usage, extracted(usage, 'perplexity', 'default'));
    const read = extracted(usage, 'openai', 'chat');
    const { input_tokens: prompt = 0, output_tokens: completion = 0 } = read;
    const reasoning = firstCount(usage, 'completion_tokens_details.reasoning_tokens', 'reasoning_tokens');
    const cached = firstCount(
      usage,
      'prompt_tokens_details.cached_tokens',
      'cache_read_input_tokens',
      'prompt_cache_hit_tokens',
      'cached_tokens',
      'cached_prompt_text_tokens',
    );
    const written = firstCount(
      usage,
      'prompt_tokens_details.cache_write_tokens',
      'prompt_tokens_details.cache_creation_tokens',
      'cache_creation_input_tokens',
    );
    const seconds = count(usage, 'prompt_audio_seconds');
    const total = seconds === undefined ? count(usage, 'total_tokens') : undefined;
    const inside = { inputTokens: prompt, outputTokens: completion };
    const reasonsBeside = { inputTokens: prompt, outputTokens: completion + reasoning };
    const hidden = (total ?? 0) - prompt - completion;
    // Gemini speaks it too, and tells only by the total that there were thoughts.
    const thoughts = provider === 'google' && hidden > 0 && reasoning === 0 ? hidden : reasoning;
    const cacheBeside = { ...inside, inputTokens: prompt + cached + written };
    const fitsInside = cached + written <= prompt && reasoning <= completion;
    const readings = [
      { ...inside, isPossible: fitsInside },
      { ...reasonsBeside, isPossible: cached + written <= prompt },
      { ...cacheBeside, isPossible: reasoning <= completion },
      { ...cacheBeside, outputTokens: completion + reasoning },
      { ...inside, outputTokens: completion + thoughts, isPossible: provider === 'google' },
    ];
    // Without a total: xAI counts reasoning beside the completion.
    const ordered = provider === 'x-ai' && total === undefined ? readings.slice(1) : readings;
    const { inputTokens, outputTokens } = readingOfTotal(total, ordered);
    return {
      ...read,
      input_tokens: inputTokens,
      output_tokens: outputTokens,
      cache_read_tokens: cached,
      cache_write_tokens: written,
      cache_write_1h_tokens: firstCount(
        usage,
        'prompt_tokens_details.cache_creation_token_details.ephemeral_1h_input_tokens',
        'cache_creation.ephemeral_1h_input_tokens',
      ),
      output_reasoning_tokens: thoughts,
      ...ofDetails(usage, 'prompt_tokens_details', {
        image_tokens: 'input_image_tokens',
        video_tokens: 'input_video_tokens',
        cached_audio_tokens: 'cache_audio_read_tokens',
      }),
      ...ofDetails(usage, 'completion_tokens_details', { image_tokens: 'output_image_tokens' }),
      ...(seconds !== undefined && { audio_seconds: seconds }),
      search_sources: firstCount(usage, 'num_sources_used'),
      web_searches: firstCount(usage, 'server_tool_use.web_search_requests', 'num_search_queries'),
    };
  },
};

/** Perplexity's fee for the request depends on how much it searched. */
function withRequestFee(usage: JsonObject, read: Quantities): Quantities {
  const size = at(usage, 'search_context_size');
  const isKnown = size === 'low' || size === 'medium' || size === 'high';
  return isKnown ? { ...read, [`requests_${size}`]: 1 } : read;
}

/** Embeddings, and others that have input alone. */
export const inputOnly: Dialect = {
  name: 'embeddings',
  fits: (usage) => !has(usage, 'completion_tokens', 'output_tokens') && has(usage, 'prompt_tokens', 'total_tokens'),
  read: (usage) => {
    if (!has(usage, 'prompt_tokens')) return { input_tokens: count(usage, 'total_tokens') ?? 0 };
    const read = extracted(usage, 'openai', 'embeddings');
    const { inputTokens } = readingOfTotal(count(usage, 'total_tokens'), [
      { inputTokens: read['input_tokens'] ?? 0, outputTokens: 0 },
    ]);
    return { ...read, input_tokens: inputTokens };
  },
};

/** Responses; and images, realtime and transcription by tokens, which tell modalities too. */
export const responses: Dialect = {
  name: 'responses',
  fits: (usage) =>
    has(usage, 'input_tokens') &&
    (has(usage, 'total_tokens') ||
      ['input_tokens_details', 'input_token_details', 'output_tokens_details', 'output_token_details'].some((name) =>
        isJsonObject(at(usage, name)),
      )) &&
    ![
      'cache_creation',
      'cache_creation_input_tokens',
      'cache_read_input_tokens',
      'server_tool_use',
      'output_tokens_details.thinking_tokens',
    ].some((name) => at(usage, name) !== undefined),
  read: (usage) => {
    const isRealtime =
      isJsonObject(at(usage, 'input_token_details')) || isJsonObject(at(usage, 'output_token_details'));
    const isImages = typeof at(usage, 'input_tokens_details.image_tokens') === 'number';
    const read = extracted(
      { output_tokens: 0, ...usage },
      'openai',
      isRealtime ? 'realtime' : isImages ? 'images' : 'responses',
    );
    const { input_tokens: input = 0, output_tokens: output = 0, output_reasoning_tokens: reasoning = 0 } = read;
    const reading = readingOfTotal(count(usage, 'total_tokens'), [
      { inputTokens: input, outputTokens: output, isPossible: reasoning <= output },
      { inputTokens: input, outputTokens: output + reasoning },
    ]);
    return {
      ...read,
      ...(isImages && {
        ...ofDetails(usage, 'input_tokens_details', { cached_tokens: 'cache_read_tokens' }),
        // What was made are images, unless the usage says what else.
        ...(!isJsonObject(at(usage, 'output_tokens_details')) && { output_image_tokens: output }),
      }),
      ...ofDetails(usage, 'input_tokens_details', { audio_tokens: 'input_audio_tokens' }),
      // Alibaba's form has them where chat completions do.
      ...ofDetails(usage, 'prompt_tokens_details', { cached_tokens: 'cache_read_tokens' }),
      ...ofDetails(usage, 'output_tokens_details', { audio_tokens: 'output_audio_tokens' }),
      search_sources: firstCount(usage, 'num_sources_used'),
      server_side_tools: firstCount(usage, 'num_server_side_tools_used'),
      input_tokens: reading.inputTokens,
      output_tokens: reading.outputTokens,
    };
  },
  fees: (answer) => {
    const output = at(answer, 'response.output') ?? at(answer, 'output');
    const items = Array.isArray(output) ? output.filter(isJsonObject) : [];
    const calls = (type: string) => items.filter((item) => item['type'] === type);
    // Opening a page that was found is no search.
    const searches = calls('web_search_call').filter((item) => (at(item, 'action.type') ?? 'search') === 'search');
    return {
      web_searches: searches.length,
      storage_searches: calls('file_search_call').length,
      code_executions: calls('code_interpreter_call').length,
    };
  },
};

/** Transcription that is billed by time. */
export const duration: Dialect = {
  name: 'transcription',
  fits: (usage) => at(usage, 'type') === 'duration' && has(usage, 'seconds'),
  read: (usage) => ({ audio_seconds: count(usage, 'seconds') ?? 0 }),
};
