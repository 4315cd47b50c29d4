import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../../src/open-database.ts';
import { importFile, type ImportSurroundings } from '../../../src/transfer/import/import-file.ts';
import type { ImportOptions } from '../../../src/transfer/import/plan.ts';

let folder: string;
let database: Database;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-'));
  database = await openDatabase({ databaseUrl: undefined, databasePoolMax: 10, dataDir: join(folder, 'data') });
}, 60_000);

afterAll(async () => {
  await database?.close();
  await rm(folder, { recursive: true, force: true });
});

const run = (options: ImportOptions, surroundings?: ImportSurroundings) =>
  importFile(database.orm, options, surroundings);
const file = (name: string) => join(folder, name);
const sums = (tenant: string) =>
  database.orm.em
    .fork()
    .execute(
      'select count(*)::int as calls, sum(input_tokens)::int as input, sum(output_tokens)::int as output from usage_call where tenant_id = ?',
      [tenant],
    );

/** The trace as it lies beside the repository, else the copy in it. */
async function azureTrace(): Promise<Buffer> {
  const given = new URL('../../../../shared/data/azure_llm_conv_2023.csv', import.meta.url);
  return existsSync(given)
    ? readFile(given)
    : gunzipSync(await readFile(new URL('../../data/azure_llm_conv_2023.csv.gz', import.meta.url)));
}

describe('importing the Azure trace', { timeout: 60_000 }, () => {
  const options = {
    tenant: 'azure',
    map: ['occurredAt=TIMESTAMP,inputTokens=ContextTokens,outputTokens=GeneratedTokens'],
    set: ['provider=azure,model=gpt-4'],
    timezone: 'UTC',
  };
  const total = [{ calls: 19_366, input: 22_361_870, output: 4_088_665 }];

  it('records every call once, however often, packed and renamed', async () => {
    const trace = await azureTrace();
    await writeFile(file('trace.csv'), trace);
    await writeFile(file('again.csv.gz'), gzipSync(trace));
    const clean = { replaced: 0, rejected: 0, passedOver: 0, rejectsFile: undefined, interrupted: false };

    expect(await run({ ...options, file: file('trace.csv') })).toEqual({ ...clean, recorded: 19_366, duplicates: 0 });
    expect(await sums('azure')).toEqual(total);
    const [first] = await database.orm.em
      .fork()
      .execute(
        `select occurred_at::text, provider, model from usage_call where tenant_id = 'azure' order by occurred_at limit 1`,
      );
    expect(first).toEqual({ occurred_at: '2023-11-16 18:15:46.68+00', provider: 'azure', model: 'gpt-4' });

    expect(await run({ ...options, file: file('again.csv.gz') })).toEqual({
      ...clean,
      recorded: 0,
      duplicates: 19_366,
    });
    expect(await sums('azure')).toEqual(total);
  });
});

describe('refused records', { timeout: 60_000 }, () => {
  const lines = [
    '{"requestId":"r-1","inputTokens":1,"outputTokens":2,"occurredAt":"2026-01-01T00:00:00Z"}',
    '{"requestId":"r-1","inputTokens":9,"outputTokens":2}',
    'not JSON',
    '{"inputTokens":1,"outputTokens":2,"cachedInputTokens":5}',
    '{"inputTokens":1,"outputTokens":2,"costUsd":"half"}',
    '{"inputTokens":1,"outputTokens":2,"costUsd":"0.5","somethingElse":"ignored"}',
  ];

  it('are written with line, code, field and reason, and hold back no others', async () => {
    await writeFile(file('calls.ndjson'), lines.join('\n'));
    const result = await run({ file: file('calls.ndjson'), tenant: 'refused' });
    expect(result.rejectionReasons).toMatch(
      /^rejected 4: 1 × A call with requestId 'r-1' and other content is already recorded; it stays as it is, 1 × The line is not JSON, /,
    );
    expect(result).toMatchObject({
      recorded: 2,
      duplicates: 0,
      rejected: 4,
      rejectsFile: file('calls.ndjson.rejected.ndjson'),
      interrupted: false,
    });
    const rejects = (await readFile(file('calls.ndjson.rejected.ndjson'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(rejects).toEqual([
      {
        line: 2,
        code: 'IDEMPOTENCY_CONFLICT',
        field: 'requestId',
        reason: expect.stringContaining("'r-1'"),
        record: lines[1],
      },
      { line: 3, code: 'VALIDATION_ERROR', field: null, reason: 'The line is not JSON', record: lines[2] },
      { line: 4, code: 'VALIDATION_ERROR', field: 'cachedInputTokens', reason: expect.any(String), record: lines[3] },
      {
        line: 5,
        code: 'VALIDATION_ERROR',
        field: 'costUsd',
        reason: "'costUsd' must be a decimal, like 0.0042175",
        record: lines[4],
      },
    ]);
  });

  it('leave no file behind once there are none', async () => {
    await writeFile(file('calls.ndjson'), `${lines[0]}\n`);
    expect(await run({ file: file('calls.ndjson'), tenant: 'refused' })).toMatchObject({
      duplicates: 1,
      rejectsFile: undefined,
    });
    expect(existsSync(file('calls.ndjson.rejected.ndjson'))).toBe(false);
  });

  it('never overwrite the file that is imported', async () => {
    await writeFile(file('calls.ndjson'), 'not JSON');
    await expect(run({ file: file('calls.ndjson'), tenant: 'refused', rejects: file('calls.ndjson') })).rejects.toThrow(
      'is the file to import',
    );
    expect(await readFile(file('calls.ndjson'), 'utf8')).toBe('not JSON');
  });
});

describe('an import that does not get to the end', { timeout: 60_000 }, () => {
  const csv = (records: number) => `inputTokens,outputTokens\n${'1,2\n'.repeat(records)}`;

  it('records nothing when the header lacks a column', async () => {
    await writeFile(file('short.csv'), csv(5));
    await expect(run({ file: file('short.csv'), tenant: 'nobody', map: ['model=Model,userId=User'] })).rejects.toThrow(
      /'Model'(.|\n)*'User'/,
    );
    expect(await sums('nobody')).toEqual([{ calls: 0, input: null, output: null }]);
  });

  it('stops behind the batch in flight, and goes on when run again', async () => {
    await writeFile(file('long.csv'), csv(5500));
    const stop = new AbortController();
    const progress = { update: () => stop.abort(), stop() {} };
    const stopped = await run({ file: file('long.csv'), tenant: 'stopped' }, { signal: stop.signal, progress });
    expect(stopped).toMatchObject({ interrupted: true, recorded: 1000 });
    expect(await sums('stopped')).toMatchObject([{ calls: 1000 }]);

    const rest = await run({ file: file('long.csv'), tenant: 'stopped' });
    expect(rest).toMatchObject({ interrupted: false, recorded: 4500, duplicates: 1000 });
    expect(await sums('stopped')).toEqual([{ calls: 5500, input: 5500, output: 11_000 }]);
  });

  it('keeps what was recorded when gzip data is cut off', async () => {
    const packed = gzipSync(csv(50_000), { level: 0 });
    await writeFile(file('cut.csv.gz'), packed.subarray(0, packed.length / 2));
    await expect(run({ file: file('cut.csv.gz'), tenant: 'cut' })).rejects.toThrow('damaged or cut off');
    const [stored] = await sums('cut');
    expect(stored?.calls).toBeGreaterThan(0);
  });
});
