import { Big } from 'big.js';
import { modelNames } from '../pricing/model-names.ts';
import { checkTokensTogether } from '../pricing/token-counts.ts';
import { isFieldUnit } from '../pricing/unit-kinds.ts';
import { ValidationError } from '../values/errors.ts';
import type { Dialect, Quantities } from './dialect.ts';
import { findUsage } from './find-usage.ts';
import { at } from './json-path.ts';
import type { JsonObject } from '../values/json.ts';
import { chatCompletions, duration, inputOnly, responses } from './openai-dialects.ts';
import { billedUnits, converse, generateContent, generation, messages, pages } from './other-dialects.ts';

/** A provider's usage as fields of a call. Token classes nest: input has what was cached, output what was reasoned. */
export interface ProviderUsage {
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens: number;
  cacheWriteTokens: number;
  /** Those of `cacheWriteTokens` that are kept for an hour. */
  cacheWrite1hTokens: number;
  reasoningTokens: number;
  /** Decimals by the names of units, such as `input_audio_tokens` or `web_searches`; without those that are 0. */
  units: Record<string, string>;
  /** As the answer has them; undefined where only the usage object was sent. */
  model: string | undefined;
  serviceTier: string | undefined;
  responseId: string | undefined;
}

export interface ProviderAnswer {
  /** The provider's answer, the last event of its stream, or its usage object, as it came. */
  body: JsonObject;
  /** As calls name it, where it is known. */
  provider?: string | undefined;
  model?: string | undefined;
  /** The interface that was called; it decides where several forms fit. */
  api?: string | undefined;
}

/** In the order in which they are tried: a form that says more about itself comes before one that says less. */
const dialects: readonly Dialect[] = [
  duration,
  pages,
  billedUnits,
  generation,
  generateContent,
  chatCompletions,
  responses,
  messages,
  converse,
  inputOnly,
];

/**
 * Reads what a provider says that a call used: OpenAI's chat completions, responses, embeddings, realtime, images and
 * transcription, and those who speak like it; Anthropic's messages; Gemini; Bedrock's Converse; Cohere. The form of the
 * usage decides how it is read, and a total that it gives decides what its counts include.
 * @throws {ValidationError} on `providerUsage`, naming what is missing or cannot be.
 */
export function readProviderUsage({ body, provider, model, api }: ProviderAnswer): ProviderUsage {
  const { usage, answer, ...found } = findUsage(body);
  const dialect = dialectOf(usage, api);
  const calledModel = (model ?? found.model ?? '').toLowerCase();
  const name = provider === undefined ? undefined : modelNames(provider, calledModel).provider;
  const quantities = {
    ...dialect.read(usage, { provider: name, model: calledModel }),
    ...(answer !== usage && nonZero(dialect.fees?.(answer) ?? {})),
  };
  const tier = dialect.serviceTier?.(usage, answer) ?? tierOf(usage, answer);
  const tokens = {
    inputTokens: tokensOf(quantities, 'input_tokens'),
    outputTokens: tokensOf(quantities, 'output_tokens'),
    cachedInputTokens: tokensOf(quantities, 'cache_read_tokens'),
    cacheWriteTokens: tokensOf(quantities, 'cache_write_tokens'),
    cacheWrite1hTokens: tokensOf(quantities, 'cache_write_1h_tokens'),
    reasoningTokens: tokensOf(quantities, 'output_reasoning_tokens'),
  };
  checkTogether(tokens);
  return {
    ...tokens,
    units: unitsOf(quantities, calledModel),
    serviceTier: typeof tier === 'string' ? tier : undefined,
    ...found,
  };
}

/** The tier as most providers tell it; a line of a batch's results is one of a batch. */
function tierOf(usage: JsonObject, answer: JsonObject): unknown {
  if (at(answer, 'custom_id') !== undefined && at(answer, 'response.body') !== undefined) return 'batch';
  return at(usage, 'service_tier') ?? at(answer, 'service_tier') ?? at(answer, 'response.service_tier');
}

function dialectOf(usage: JsonObject, api: string | undefined): Dialect {
  const fitting = dialects.filter(({ fits }) => fits(usage));
  const [first] = fitting;
  if (first) return fitting.find(({ name }) => name === api) ?? first;
  throw new ValidationError(
    `'providerUsage' cannot be read: no provider's usage has the fields ${Object.keys(usage).slice(0, 10).join(', ')}`,
    'providerUsage',
  );
}

function tokensOf(quantities: Quantities, unit: string): number {
  const tokens = quantities[unit] ?? 0;
  if (Number.isSafeInteger(tokens)) return tokens;
  throw new ValidationError(`'providerUsage': ${unit} must be a whole number`, 'providerUsage');
}

function checkTogether(tokens: Parameters<typeof checkTokensTogether>[0]): void {
  try {
    checkTokensTogether(tokens);
  } catch (error) {
    if (error instanceof ValidationError)
      throw new ValidationError(`'providerUsage' cannot be: ${error.message}`, 'providerUsage');
    throw error;
  }
}

const nonZero = (quantities: Quantities): Quantities =>
  Object.fromEntries(Object.entries(quantities).filter(([, quantity]) => quantity > 0));

/** Models whose output may be audio, images or video: of them it is worth saying that it was not. */
const answersInModalities = /audio|image|realtime|live|omni|sonic/;

/** Quantities that are no fields. Of what is cached or made, 0 says that none of it was audio. */
function unitsOf(quantities: Quantities, model: string): Record<string, string> {
  const says = (unit: string, quantity: number) => {
    const cached = /^cache_(\w+)_read_tokens$/.exec(unit)?.[1];
    const isMade = /^output_(audio|image|video)_tokens$/.test(unit);
    if (isMade) return quantity > 0 || answersInModalities.test(model);
    return quantity > 0 || (cached !== undefined && (quantities[`input_${cached}_tokens`] ?? 0) > 0);
  };
  return Object.fromEntries(
    Object.entries(quantities)
      .filter(([unit, quantity]) => !isFieldUnit(unit) && !/_text_\w*tokens$/.test(unit) && says(unit, quantity))
      .map(([unit, quantity]) => [unit, plainNumber(quantity)]),
  );
}

/** Shortest decimal text, never with an exponent. */
const plainNumber = (value: number): string =>
  Number.isInteger(value) ? BigInt(value).toString() : new Big(String(value)).toFixed();
