import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { differences } from '../reporting/differences.ts';
import { createTestDatabase, describeOnEachDatabase, type TestDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { bucketsOf, countCalls, type RecordedCall } from '../support/oracle.ts';
import { graphql } from './gql/gql.ts';

const TraceReport = graphql(`
  query TraceReport($bucket: Bucket!, $timezone: TimeZone, $to: DateTime!) {
    usage(tenantId: "azure", bucket: $bucket, timezone: $timezone, to: $to) {
      totals {
        ...EveryStat
      }
      buckets {
        ...BucketRow
      }
      byModel {
        provider
        model
        stats {
          ...EveryStat
        }
      }
      filtersApplied {
        from
      }
    }
  }
`);

const root = resolve(import.meta.dirname, '../..');
const shared = '../shared/data/azure_llm_conv_2023.csv';
const trace = existsSync(resolve(root, shared)) ? shared : 'test/data/azure_llm_conv_2023.csv.gz';

/** The file as it reads without the gateway; digits beyond the millisecond are cut off. */
function readTrace(): RecordedCall[] {
  const bytes = readFileSync(resolve(root, trace));
  const text = (trace.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  const rows = text.split(/\r?\n/).slice(1);
  return rows.filter(Boolean).map((row, no) => {
    const [time = '', input, output] = row.split(',');
    return {
      ...unsaid,
      requestId: String(no),
      occurredAt: Date.parse(`${time.slice(0, 'yyyy-mm-dd hh:mm:ss.sss'.length).replace(' ', 'T')}Z`),
      inputTokens: Number(input),
      outputTokens: Number(output),
    };
  });
}

const unsaid = {
  tenantId: 'azure',
  agentId: null,
  provider: 'azure',
  model: 'llm',
  channelId: null,
  userId: null,
  botId: null,
  threadId: null,
  knowledgeBaseId: null,
  operation: null,
  status: 'SUCCESS',
  serviceTier: null,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  units: {},
  tags: {},
  durationMs: null,
  timeToFirstTokenMs: null,
  costUsd: null,
} as const;

/** Runs the import as an operator does, and returns what it prints. */
async function importTrace({ config }: TestDatabase): Promise<string> {
  const options = [
    ['--tenant', 'azure'],
    ['--map', 'occurredAt=TIMESTAMP,inputTokens=ContextTokens,outputTokens=GeneratedTokens'],
    ['--set', 'provider=azure,model=llm'],
    ['--timezone', 'UTC'],
  ];
  const database = config.databaseUrl ? { DATABASE_URL: config.databaseUrl } : { DATA_DIR: config.dataDir };
  const { stdout } = await promisify(execFile)(process.execPath, ['src/cli.ts', 'import', trace, ...options.flat()], {
    cwd: root,
    env: { PATH: process.env['PATH'], ...database },
  });
  return stdout;
}

const importTimeoutMs = 240_000;
const end = '2023-11-16T20:00:00.000Z';

describeOnEachDatabase('the Azure LLM trace of 2023', (kind) => {
  const calls = readTrace();
  const imports: string[] = [];
  let gateway: TestGateway;

  beforeAll(async () => {
    const database = await createTestDatabase(kind);
    imports.push(await importTrace(database), await importTrace(database));
    gateway = await startTestGateway(kind, { database });
  }, importTimeoutMs);
  afterAll(() => gateway?.close());

  it('is imported whole, and not a second time', () => {
    expect(imports).toEqual([
      expect.stringMatching(/^recorded 19,366, duplicates 0, rejected 0 in /),
      expect.stringMatching(/^recorded 0, duplicates 19,366, rejected 0 in /),
    ]);
  });

  it('adds up to what it is known to hold', async () => {
    const { usage } = await gateway.ask(TraceReport, { bucket: 'NONE', to: end });
    expect(usage.totals).toMatchObject({
      totalCalls: 19_366,
      inputTokens: { total: 22_361_870 },
      outputTokens: { total: 4_088_665 },
      totalTokens: 26_450_535,
    });
    expect(differences(usage.totals, countCalls(calls))).toEqual([]);
    expect(usage.byModel).toEqual([{ provider: 'azure', model: 'llm', stats: usage.totals }]);
    expect(usage.filtersApplied.from).toBe('2023-11-16T18:15:46.680Z');
  });

  const bucketings = (['MINUTE', 'HOUR', 'DAY'] as const).flatMap((bucket) =>
    ['UTC', 'Asia/Kathmandu'].map((zone) => ({ bucket, zone })),
  );

  it.each(bucketings)('is in its $bucket buckets in $zone', async ({ bucket, zone }) => {
    const { usage } = await gateway.ask(TraceReport, { bucket, timezone: zone, to: end });
    const from = Math.min(...calls.map(({ occurredAt }) => occurredAt));
    expect(differences(usage.buckets, bucketsOf(calls, { from, to: Date.parse(end) }, { bucket, zone }))).toEqual([]);
    const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
    expect(sum(usage.buckets.map(({ stats }) => stats.totalCalls))).toBe(19_366);
    expect(sum(usage.buckets.map(({ stats }) => stats.inputTokens.total))).toBe(22_361_870);
    expect(sum(usage.buckets.map(({ stats }) => stats.outputTokens.total))).toBe(4_088_665);
  });
});
