import { isJsonObject, type JsonObject } from '../../../values/json.ts';
import type { Preset } from './preset.ts';
import { first, numberAt, positive, sumId, sumOf, withValues } from './values.ts';

/**
 * Anthropic's usage: pages of `/v1/organizations/usage_report/messages`, and the CSV export of its console. A row is the sum of
 * the requests of a minute, an hour or a day; how many there were it does not say. It becomes one call at the begin of that
 * time. Input comes without what was read from and written to the cache.
 */
export const anthropic: Preset = {
  columns: [
    ['usage_date_utc', 'starting_at'],
    ['model_version', 'model'],
    ['usage_output_tokens', 'output_tokens'],
  ],
  rows: (record) =>
    Array.isArray(record['results'])
      ? record['results']
          .filter(isJsonObject)
          .map((row) => ({ ...row, starting_at: record['starting_at'], ending_at: record['ending_at'] }))
      : [record],
  sums: () => true,
  toFields(record) {
    const start = first(record, 'starting_at', 'usage_date_utc');
    const model = first(record, 'model', 'model_version');
    const read = numberAt(record, 'cache_read_input_tokens', 'usage_input_tokens_cache_read');
    const written5m = numberAt(
      record,
      'cache_creation.ephemeral_5m_input_tokens',
      'usage_input_tokens_cache_write_5m',
      'cache_creation_input_tokens',
    );
    const written1h = numberAt(record, 'cache_creation.ephemeral_1h_input_tokens', 'usage_input_tokens_cache_write_1h');
    const searches = numberAt(record, 'server_tool_use.web_search_requests', 'web_search_count');
    const tier = first(record, 'service_tier', 'usage_type');
    const dimensions = ['context_window', 'inference_geo', 'speed'].map((name) => first(record, name));
    const [key, workspace] = [first(record, 'api_key_id', 'api_key'), first(record, 'workspace_id', 'workspace')];
    return {
      requestId: sumId('anthropic', start, first(record, 'ending_at'), model, key, workspace, tier, ...dimensions),
      occurredAt: timeOf(start),
      provider: 'anthropic',
      model,
      operation: 'messages',
      inputTokens: sumOf(
        numberAt(record, 'uncached_input_tokens', 'usage_input_tokens_no_cache', 'input_tokens'),
        read,
        written5m,
        written1h,
      ),
      outputTokens: first(record, 'output_tokens', 'usage_output_tokens') ?? 0,
      cachedInputTokens: sumOf(read),
      cacheWriteTokens: sumOf(written5m, written1h),
      cacheWrite1hTokens: sumOf(written1h),
      units: positive({ web_searches: searches }),
      serviceTier: tierOf(tier === 'message' ? 'standard' : tier, record),
      tags: withValues({ workspace, 'api-key': key }),
      metadata: withValues({
        until: first(record, 'ending_at'),
        contextWindow: dimensions[0],
        inferenceGeo: dimensions[1],
        speed: dimensions[2],
      }),
    };
  },
};

/** The tier as prices name it: fast answers and those made in the US alone cost more. */
function tierOf(tier: unknown, record: JsonObject): unknown {
  if (first(record, 'speed') === 'fast') return 'fast';
  if (first(record, 'inference_geo') !== 'us') return tier;
  return tier === undefined || tier === 'standard' ? 'us' : `${String(tier)}-us`;
}

/** The CSV export has dates, or hours. */
function timeOf(start: unknown): unknown {
  if (typeof start !== 'string') return start;
  if (/^\d{4}-\d{2}-\d{2}$/.test(start)) return `${start}T00:00:00Z`;
  return /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}$/.test(start) ? `${start}:00Z` : start;
}
