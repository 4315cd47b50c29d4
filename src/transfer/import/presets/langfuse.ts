import { Big } from 'big.js';
import { ValidationError } from '../../../values/errors.ts';
import type { JsonObject } from '../../../values/json.ts';
import { objectOf } from '../value-at.ts';
import { decimalOf } from '../value-reader.ts';
import type { Preset } from './preset.ts';
import { first, msBetween, numberAt, positive, withValues } from './values.ts';

/** Observations that are calls of a model; spans, tools, agents and the like are not. */
const calls = new Set(['GENERATION', 'EMBEDDING']);

/**
 * Langfuse's observations: exports of its tables as CSV and JSON, of its blob storage, and pages of its API, in whose
 * spellings names differ.
 */
export const langfuse: Preset = {
  columns: [['id'], ['startTime', 'start_time']],
  toFields(record) {
    const type = first(record, 'type');
    if (typeof type === 'string' && !calls.has(type.toUpperCase())) return undefined;
    const start = first(record, 'startTime', 'start_time');
    return {
      requestId: first(record, 'id'),
      occurredAt: start,
      provider: first(record, 'metadata.attributes.gen_ai.system', 'metadata.ls_provider'),
      model: first(record, 'providedModelName', 'provided_model_name', 'model', 'modelName'),
      operation: String(type ?? 'GENERATION').toLowerCase(),
      userId: first(record, 'userId', 'user_id'),
      threadId: first(record, 'sessionId', 'session_id', 'traceId', 'trace_id'),
      ...usageOf(record),
      durationMs: msBetween(start, first(record, 'endTime', 'end_time')),
      timeToFirstTokenMs: msBetween(start, first(record, 'completionStartTime', 'completion_start_time')),
      status: String(first(record, 'level')).toUpperCase() === 'ERROR' ? 'FAILED' : 'SUCCESS',
      costUsd: costOf(record),
      tags: withValues({ environment: first(record, 'environment'), release: first(record, 'release') }),
    };
  },
};

type Class =
  | 'input'
  | 'output'
  | 'cached'
  | 'written'
  | 'written1h'
  | 'reasoning'
  | 'inputAudio'
  | 'outputAudio'
  | 'total';

/** Names of kinds of tokens, by what they are; the first pattern that fits decides. */
const classes: readonly (readonly [RegExp, Class])[] = [
  [/^total(_tokens)?$/, 'total'],
  [/cache.*(creat|writ).*1h|ephemeral_1h/, 'written1h'],
  [/cache.*(creat|writ)|ephemeral_5m/, 'written'],
  [/cache/, 'cached'],
  [/reasoning|thought/, 'reasoning'],
  [/^(input|prompt).*audio/, 'inputAudio'],
  [/^(output|completion).*audio/, 'outputAudio'],
  [/^(input|prompt)/, 'input'],
  [/^(output|completion)/, 'output'],
];

/**
 * Tokens by their classes. Langfuse takes cached and reasoning tokens out of `input` and `output` where its integrations know
 * how, and keeps them in where they came in by hand: the total tells, and where there is none they are out.
 */
function usageOf(record: JsonObject): JsonObject {
  const details = objectOf(first(record, 'usageDetails', 'usage_details', 'usage'));
  const sums = details ? sumsOf(details) : fromColumns(record);
  const { input, output, cached, written, written1h, reasoning, inputAudio, outputAudio, total } = sums;
  const ofInput = cached.plus(written).plus(written1h).plus(inputAudio);
  const ofOutput = reasoning.plus(outputAudio);
  const apart = input.plus(output).plus(ofInput).plus(ofOutput);
  const within = input.plus(output);
  if (total.gt(0) && apart.gt(within) && !total.eq(apart) && !total.eq(within))
    throw new ValidationError("'usageDetails' do not add up to their total", 'inputTokens');
  const isWithin = total.gt(0) && total.eq(within);
  return {
    inputTokens: (isWithin ? input : input.plus(ofInput)).toNumber(),
    outputTokens: (isWithin ? output : output.plus(ofOutput)).toNumber(),
    cachedInputTokens: cached.toNumber(),
    cacheWriteTokens: written.plus(written1h).toNumber(),
    cacheWrite1hTokens: written1h.toNumber(),
    reasoningTokens: reasoning.toNumber(),
    units: positive({ input_audio_tokens: inputAudio, output_audio_tokens: outputAudio }),
  };
}

const noTokens = (): Record<Class, Big> => ({
  input: new Big(0),
  output: new Big(0),
  cached: new Big(0),
  written: new Big(0),
  written1h: new Big(0),
  reasoning: new Big(0),
  inputAudio: new Big(0),
  outputAudio: new Big(0),
  total: new Big(0),
});

function sumsOf(details: JsonObject): Record<Class, Big> {
  const sums = noTokens();
  for (const [name, value] of Object.entries(details)) {
    const number = decimalOf(value);
    const key = name.toLowerCase();
    const kind = number && classes.find(([pattern]) => pattern.test(key))?.[1];
    if (number && kind) sums[kind] = sums[kind].plus(number);
  }
  return sums;
}

const fromColumns = (record: JsonObject): Record<Class, Big> => ({
  ...noTokens(),
  input: numberAt(record, 'inputUsage', 'promptTokens', 'prompt_tokens', 'inputTokens') ?? new Big(0),
  output: numberAt(record, 'outputUsage', 'completionTokens', 'completion_tokens', 'outputTokens') ?? new Big(0),
});

/** 0 stands for a model whose price Langfuse does not know as well, so the gateway prices such a call itself. */
function costOf(record: JsonObject): unknown {
  const columns = ['totalCost', 'total_cost', 'costDetails.total', 'cost_details.total', 'calculatedTotalCost'];
  const cost = numberAt(record, ...columns);
  return cost?.gt(0) ? cost.toFixed() : undefined;
}
