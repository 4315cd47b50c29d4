import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PresetName } from '../../../src/transfer/import/presets/preset.ts';
import { importFile } from '../../../src/transfer/import/import-file.ts';
import type { ImportOptions } from '../../../src/transfer/import/plan.ts';
import { openDatabase, type Database } from '../../../src/open-database.ts';
import { createTestDatabase, describeOnEachDatabase, type TestDatabase } from '../../support/databases.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'presets-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

describeOnEachDatabase('presets', (kind) => {
  let given: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    given = await createTestDatabase(kind);
    database = await openDatabase(given.config);
  }, 60_000);
  afterAll(async () => {
    await database?.close();
    await given?.drop();
  });

  let files = 0;
  async function imported(
    preset: PresetName,
    { text, format, ...options }: { text: string; format: 'csv' | 'json' | 'ndjson' } & Partial<ImportOptions>,
  ) {
    const tenant = options.tenant ?? `${preset}-${++files}`;
    const file = join(folder, `${tenant}-${kind}.${format}`);
    await writeFile(file, text);
    const result = await importFile(database.orm, { file, preset, ...options, tenant });
    const calls: Record<string, unknown>[] = await database.orm.em.fork().execute(
      `select request_id, to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS') as occurred_at, provider, model,
         operation, user_id, thread_id, input_tokens, output_tokens, cached_input_tokens, cache_write_tokens,
         cache_write1h_tokens, reasoning_tokens, units, duration_ms::int, time_to_first_token_ms::int, status, service_tier, tags,
         cost_usd::text, cost_source, unpriced_reason, metadata
       from usage_call where tenant_id = ? order by occurred_at, request_id`,
      [tenant],
    );
    return { result, calls };
  }

  it("record all five rows of LiteLLM's spend log, with its costs to the last digit", async () => {
    const text = await readFile(new URL('../../data/litellm-spend-log.csv', import.meta.url), 'utf8');
    const { result, calls } = await imported('litellm', { text, format: 'csv' });
    expect(result).toMatchObject({ recorded: 5, rejected: 0, passedOver: 0 });
    expect(calls).toMatchObject([
      {
        request_id: 'chatcmpl-1',
        occurred_at: '2025-12-10T12:47:35.248',
        provider: 'openai',
        model: 'gpt-4o-2024-08-06',
        operation: 'acompletion',
        user_id: 'u1',
        input_tokens: 121,
        output_tokens: 400,
        duration_ms: 2500,
        status: 'SUCCESS',
        cost_usd: '0.0023',
        cost_source: 'CALLER',
      },
      { user_id: null, cost_usd: '0.000008' },
      { status: 'FAILED', cost_usd: '0', input_tokens: 0 },
      { request_id: 'chatcmpl-4', occurred_at: '2025-12-10T12:52:00.123', cost_usd: '0.00012345678901234567' },
      { request_id: 'chatcmpl-5', occurred_at: '2025-12-10T12:52:00.123', cost_usd: '0.000015000000000000002' },
    ]);
  });

  it("price LiteLLM's calls themselves where it did not know the price, and read its usage object", async () => {
    const row = {
      request_id: 'c-1',
      startTime: '2026-03-01T10:00:00.000Z',
      endTime: '2026-03-01T10:00:02.000Z',
      completionStartTime: '2026-03-01T10:00:00.500Z',
      model: 'claude-sonnet-4-5',
      custom_llm_provider: 'anthropic',
      prompt_tokens: 1000,
      completion_tokens: 100,
      spend: 0,
      team_id: 'search',
      session_id: 's-1',
      status: 'success',
      metadata: {
        usage_object: {
          prompt_tokens: 1000,
          prompt_tokens_details: { cached_tokens: 600 },
          cache_read_input_tokens: 600,
          cache_creation_input_tokens: 100,
          completion_tokens_details: { reasoning_tokens: 40 },
        },
      },
    };
    const hit = { ...row, request_id: 'c-2', cache_hit: 'True' };
    const { calls } = await imported('litellm', { text: JSON.stringify([row, hit]), format: 'json' });
    expect(calls).toMatchObject([
      {
        cached_input_tokens: 600,
        cache_write_tokens: 100,
        reasoning_tokens: 40,
        time_to_first_token_ms: 500,
        thread_id: 's-1',
        tags: { team: 'search' },
        // 300 at 3.00, 600 at 0.30, 100 at 3.75, 100 at 15.00 a million.
        cost_usd: '0.002955',
        cost_source: 'CATALOGUE',
      },
      { request_id: 'c-2', cost_usd: '0', cost_source: 'CALLER' },
    ]);
  });

  it("read Langfuse's generations from tables, blob storage and its API, and pass over spans", async () => {
    const details = { input: 300, input_cached_tokens: 700, output: 60, output_reasoning_tokens: 40, total: 1100 };
    const api = {
      id: 'o-1',
      traceId: 't-1',
      type: 'GENERATION',
      startTime: '2026-03-01T10:00:00.000Z',
      endTime: '2026-03-01T10:00:01.500Z',
      completionStartTime: '2026-03-01T10:00:00.250Z',
      providedModelName: 'gpt-5',
      usageDetails: details,
      costDetails: { input: 0.001, output: 0.002, total: 0.003 },
      totalCost: 0.003,
      level: 'DEFAULT',
      environment: 'production',
      userId: 'u-1',
    };
    const page = { data: [api, { ...api, id: 'o-2', type: 'SPAN' }], meta: { page: 1, totalItems: 2 } };
    const expected = {
      request_id: 'o-1',
      occurred_at: '2026-03-01T10:00:00.000',
      model: 'gpt-5',
      thread_id: 't-1',
      user_id: 'u-1',
      input_tokens: 1000,
      cached_input_tokens: 700,
      output_tokens: 100,
      reasoning_tokens: 40,
      duration_ms: 1500,
      time_to_first_token_ms: 250,
      status: 'SUCCESS',
      cost_usd: '0.003',
      tags: { environment: 'production' },
    };
    const fromApi = await imported('langfuse', { text: JSON.stringify(page), format: 'json' });
    expect(fromApi.result).toMatchObject({ recorded: 1, passedOver: 1, rejected: 0 });
    expect(fromApi.calls).toMatchObject([expected]);

    // The same from blob storage, where the details were counted within input and output.
    const blob = {
      id: 'o-1',
      trace_id: 't-1',
      type: 'GENERATION',
      start_time: '2026-03-01 10:00:00.000000',
      end_time: '2026-03-01 10:00:01.500000',
      completion_start_time: '2026-03-01 10:00:00.250000',
      provided_model_name: 'gpt-5',
      usage_details: { input: 1000, input_cached_tokens: 700, output: 100, output_reasoning_tokens: 40, total: 1100 },
      total_cost: 0.003,
      level: 'ERROR',
      environment: 'production',
      user_id: 'u-1',
    };
    const fromBlob = await imported('langfuse', { text: JSON.stringify(blob), format: 'ndjson' });
    expect(fromBlob.calls).toMatchObject([{ ...expected, status: 'FAILED' }]);

    const columns = ['id', 'type', 'startTime', 'endTime', 'providedModelName', 'usageDetails', 'totalCost'] as const;
    const cell = (value: unknown) =>
      `"${(typeof value === 'string' ? value : JSON.stringify(value)).replaceAll('"', '""')}"`;
    const csv = `${columns.join(',')}\n${columns.map((column) => cell(api[column])).join(',')}\n`;
    const fromCsv = await imported('langfuse', { text: csv, format: 'csv' });
    expect(fromCsv.calls).toMatchObject([
      { request_id: 'o-1', input_tokens: 1000, output_tokens: 100, cost_usd: '0.003' },
    ]);
  });

  it('reject usage details that contradict their total', async () => {
    const record = { id: 'o-3', type: 'GENERATION', startTime: '2026-03-01T10:00:00Z' };
    const usageDetails = { input: 10, input_cached_tokens: 5, output: 5, total: 17 };
    const { result } = await imported('langfuse', {
      text: JSON.stringify({ ...record, usageDetails }),
      format: 'json',
    });
    expect(result.rejectionReasons).toBe("rejected 1: 1 × 'usageDetails' do not add up to their total");
  });

  const bucket = (results: object[]) => ({
    object: 'page',
    data: [{ object: 'bucket', start_time: 1_772_359_200, end_time: 1_772_445_600, results }],
    has_more: false,
    next_page: null,
  });
  const result = {
    object: 'organization.usage.completions.result',
    input_tokens: 1_000_000,
    output_tokens: 500_000,
    input_cached_tokens: 800_000,
    num_model_requests: 500,
    project_id: 'proj_1',
    user_id: null,
    api_key_id: null,
    model: 'gpt-4o-2024-08-06',
    batch: null,
  };

  it("make one call of each row of OpenAI's usage, once, and price it where only its sum counts", async () => {
    const text = JSON.stringify(bucket([result, { ...result, batch: true }]));
    const { result: first, calls } = await imported('openai', { text, format: 'json', tenant: 'openai-sums' });
    expect(first).toMatchObject({ recorded: 2, rejected: 0 });
    expect(calls.map(({ service_tier }) => service_tier).toSorted()).toEqual(['batch', 'standard']);
    expect(calls.find(({ service_tier }) => service_tier === 'standard')).toMatchObject({
      request_id: expect.stringMatching(/^openai_[0-9a-f]{32}$/),
      occurred_at: '2026-03-01T10:00:00.000',
      operation: 'completions',
      input_tokens: 1_000_000,
      cached_input_tokens: 800_000,
      output_tokens: 500_000,
      tags: { project: 'proj_1' },
      metadata: { requests: 500, until: 1_772_445_600 },
      // 200,000 at 2.50, 800,000 at 1.25, 500,000 at 10.00 a million.
      cost_usd: '6.5',
    });
    // Another page with the same row.
    const again = await imported('openai', {
      text: JSON.stringify(bucket([result])),
      format: 'json',
      tenant: 'openai-sums',
    });
    expect(again.result).toMatchObject({ recorded: 0, duplicates: 1 });
  });

  it('leave a sum unpriced where each of its requests has a price of its own', async () => {
    const long = { ...result, model: 'gpt-5.4', num_model_requests: 20 };
    const { calls } = await imported('openai', { text: JSON.stringify(bucket([long])), format: 'json' });
    expect(calls).toMatchObject([
      {
        cost_usd: null,
        cost_source: 'UNPRICED',
        unpriced_reason: 'The call is the sum of several requests, and its price depends on each of them.',
      },
    ]);
    // Too few tokens for any of the requests to be long.
    const short = { ...long, input_tokens: 100_000, input_cached_tokens: 0, output_tokens: 0 };
    const priced = await imported('openai', { text: JSON.stringify(bucket([short])), format: 'json' });
    expect(priced.calls).toMatchObject([{ cost_usd: '0.25', cost_source: 'CATALOGUE' }]);
  });

  it("refuse OpenAI's results that are not counted in tokens, and read its CSV export", async () => {
    const images = { object: 'organization.usage.images.result', images: 2, num_model_requests: 2 };
    const refused = await imported('openai', { text: JSON.stringify(bucket([images])), format: 'json' });
    expect(refused.result.rejectionReasons).toBe(
      "rejected 1: 1 × OpenAI's images are not counted in tokens; record them as calls with units instead",
    );
    const csv = [
      'start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,model,batch,input_tokens,output_tokens,input_cached_tokens',
      '1772359200,1772445600,2026-03-01T10:00:00+00:00,2026-03-02T10:00:00+00:00,proj_1,1,gpt-4o,,1000.0,100.0,',
    ].join('\n');
    const { calls } = await imported('openai', { text: csv, format: 'csv' });
    expect(calls).toMatchObject([{ occurred_at: '2026-03-01T10:00:00.000', input_tokens: 1000, cost_usd: '0.0035' }]);
  });

  it("add what was cached to Anthropic's input, from its API and its console", async () => {
    const page = {
      data: [
        {
          starting_at: '2026-03-01T00:00:00Z',
          ending_at: '2026-03-02T00:00:00Z',
          results: [
            {
              uncached_input_tokens: 1500,
              cache_creation: { ephemeral_1h_input_tokens: 1000, ephemeral_5m_input_tokens: 500 },
              cache_read_input_tokens: 200,
              output_tokens: 500,
              server_tool_use: { web_search_requests: 10 },
              api_key_id: 'apikey_1',
              workspace_id: 'wrkspc_1',
              model: 'claude-sonnet-4-5-20250929',
              service_tier: 'standard',
              context_window: '0-200k',
            },
          ],
        },
      ],
      has_more: false,
      next_page: null,
    };
    const { calls } = await imported('anthropic', { text: JSON.stringify(page), format: 'json' });
    const expected = {
      occurred_at: '2026-03-01T00:00:00.000',
      provider: 'anthropic',
      input_tokens: 3200,
      cached_input_tokens: 200,
      cache_write_tokens: 1500,
      cache_write1h_tokens: 1000,
      output_tokens: 500,
      units: { web_searches: '10' },
      // 1,500 at 3.00, 1,000 at 6.00, 500 at 3.75, 200 at 0.30, 500 at 15.00 a million; 10 searches at 0.01.
      cost_usd: '0.119935',
    };
    expect(calls).toMatchObject([{ ...expected, tags: { workspace: 'wrkspc_1', 'api-key': 'apikey_1' } }]);
    const csv = [
      'usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,web_search_count,inference_geo,speed',
      '2026-03-01,claude-sonnet-4-5-20250929,key,Default,standard,≤ 200k,1500,500,1000,200,500,10,not_available,',
    ].join('\n');
    const console = await imported('anthropic', { text: csv, format: 'csv' });
    expect(console.calls).toMatchObject([{ ...expected, tags: { workspace: 'Default', 'api-key': 'key' } }]);
  });

  it('take columns and constants that are named beside them', async () => {
    const text = 'request_id,startTime,prompt_tokens,completion_tokens,team\nr-1,1772359200000,1,2,red\n';
    const { calls } = await imported('litellm', { text, format: 'csv', map: ['userId=team'], set: ['provider=azure'] });
    expect(calls).toMatchObject([{ user_id: 'red', provider: 'azure', occurred_at: '2026-03-01T10:00:00.000' }]);
  });
});
