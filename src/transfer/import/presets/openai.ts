import { ValidationError } from '../../../values/errors.ts';
import { isJsonObject, type JsonObject } from '../../../values/json.ts';
import type { Preset } from './preset.ts';
import { first, numberAt, positive, sumId, sumOf, withValues } from './values.ts';

/** Kinds of results that are calls counted in tokens. */
const kinds = new Set(['completions', 'embeddings', 'moderations']);

/**
 * OpenAI's usage: pages of `/v1/organization/usage/completions` and `/embeddings`, and the CSV export of the dashboard. A row
 * is the sum of the requests of a minute, an hour or a day. It becomes one call at the begin of that time.
 */
export const openai: Preset = {
  columns: [['start_time', 'start_time_iso'], ['input_tokens'], ['num_model_requests']],
  rows: (record) =>
    Array.isArray(record['results'])
      ? record['results']
          .filter(isJsonObject)
          .map((row) => ({ ...row, start_time: record['start_time'], end_time: record['end_time'] }))
      : [record],
  sums: (record) => !numberAt(record, 'num_model_requests')?.eq(1),
  toFields(record) {
    const kind = kindOf(record);
    if (!kinds.has(kind))
      throw new ValidationError(
        `OpenAI's ${kind} are not counted in tokens; record them as calls with units instead`,
        'inputTokens',
      );
    const start = first(record, 'start_time', 'start_time_iso');
    const isBatch = String(first(record, 'batch')).toLowerCase() === 'true';
    const dimensions = ['project_id', 'user_id', 'api_key_id', 'model', 'batch', 'service_tier'].map((name) =>
      first(record, name),
    );
    const requests = numberAt(record, 'num_model_requests');
    return {
      requestId: sumId('openai', kind, start, first(record, 'end_time', 'end_time_iso'), ...dimensions),
      occurredAt: start,
      provider: 'openai',
      model: first(record, 'model'),
      operation: kind,
      userId: first(record, 'user_id'),
      inputTokens: first(record, 'input_tokens') ?? 0,
      outputTokens: first(record, 'output_tokens') ?? 0,
      cachedInputTokens: sumOf(numberAt(record, 'input_cached_tokens')),
      cacheWriteTokens: sumOf(numberAt(record, 'input_cache_write_tokens')),
      units: positive({
        input_audio_tokens: numberAt(record, 'input_audio_tokens'),
        output_audio_tokens: numberAt(record, 'output_audio_tokens'),
        input_image_tokens: numberAt(record, 'input_image_tokens'),
        output_image_tokens: numberAt(record, 'output_image_tokens'),
        cache_audio_read_tokens: numberAt(record, 'input_cached_audio_tokens'),
      }),
      serviceTier: isBatch ? 'batch' : first(record, 'service_tier'),
      tags: withValues({
        project: first(record, 'project_id', 'project_name'),
        'api-key': first(record, 'api_key_id'),
      }),
      metadata: withValues({ requests: requests?.toNumber(), until: first(record, 'end_time_iso', 'end_time') }),
    };
  },
};

/** "completions" of "organization.usage.completions.result"; CSV files do not say. */
function kindOf(record: JsonObject): string {
  const object = first(record, 'object');
  return (typeof object === 'string' && /^organization\.usage\.(\w+)\.result$/.exec(object)?.[1]) || 'completions';
}
