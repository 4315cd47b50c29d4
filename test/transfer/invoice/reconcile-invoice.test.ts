import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { importFile } from '../../../src/transfer/import/import-file.ts';
import { readBill } from '../../../src/transfer/invoice/read-bill.ts';
import { reconcileInvoice, totals } from '../../../src/transfer/invoice/reconcile-invoice.ts';
import { openDatabase, type Database } from '../../../src/open-database.ts';
import { tenantId } from '../../../src/values/identifier.ts';
import { runCli } from '../../cli/gateway-process.ts';
import { createTestDatabase, describeOnEachDatabase, type TestDatabase } from '../../support/databases.ts';

/** 1,000,000 tokens in and 100,000 out of gpt-4o are 3.50 USD, of claude-sonnet-4-5 2.70 (in small calls). */
const calls = (day: string, provider: string, model: string, count = 10) =>
  Array.from({ length: count }, (_, no) => ({
    requestId: `${day}-${model}-${no}`,
    occurredAt: `${day}T0${no}:30:00Z`,
    provider,
    model,
    inputTokens: 100_000,
    outputTokens: 10_000,
  }));

const openaiCosts = (...days: [day: string, ...lines: [item: string | null, usd: number][]][]) =>
  JSON.stringify({
    object: 'page',
    data: days.map(([day, ...lines]) => ({
      object: 'bucket',
      start_time: Date.parse(`${day}T00:00:00Z`) / 1000,
      end_time: Date.parse(`${day}T00:00:00Z`) / 1000 + 86_400,
      results: lines.map(([line_item, value]) => ({
        object: 'organization.costs.result',
        amount: { value, currency: 'usd' },
        line_item,
        project_id: null,
      })),
    })),
    has_more: false,
    next_page: null,
  });

describeOnEachDatabase('reconciling a bill', (kind) => {
  let folder: string;
  let given: TestDatabase;
  let database: Database;
  const path = (name: string) => join(folder, name);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'invoice-'));
    given = await createTestDatabase(kind);
    database = await openDatabase(given.config);
    const recorded = [
      ...calls('2026-03-01', 'openai', 'gpt-4o-2024-08-06'),
      ...calls('2026-03-02', 'openai', 'gpt-4o-2024-08-06', 9),
      ...calls('2026-03-03', 'openai', 'gpt-4o-2024-08-06'),
      ...calls('2026-03-03', 'openai', 'gpt-of-the-future', 2),
      ...calls('2026-03-04', 'openai', 'gpt-4o'),
      ...calls('2026-03-01', 'anthropic.messages', 'claude-sonnet-4-5-20250929').map((call) => ({
        ...call,
        units: { web_searches: 1 },
      })),
    ];
    await writeFile(path('calls.ndjson'), recorded.map((call) => JSON.stringify(call)).join('\n'));
    const result = await importFile(database.orm, { file: path('calls.ndjson'), tenant: 'acme' });
    expect(result).toMatchObject({ recorded: recorded.length, rejected: 0 });
  }, 120_000);
  afterAll(async () => {
    await database?.close();
    await given?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  async function compared(provider: string, name: string, text: string) {
    await writeFile(path(name), text);
    const bill = await readBill(path(name));
    const em = database.orm.em.fork();
    const comparisons = await reconcileInvoice(em, { provider, tenants: [tenantId('acme')], bill });
    return comparisons.map(({ dayMs, model, billedUsd, recordedUsd, reasons }) => [
      new Date(dayMs).toISOString().slice(0, 10),
      model,
      billedUsd.toFixed(),
      recordedUsd.toFixed(),
      ...reasons.map((reason) => reason.kind),
    ]);
  }

  const costs = openaiCosts(
    ['2026-03-01', ['gpt-4o-2024-08-06, input', 2.5], ['gpt-4o-2024-08-06, output', 1.0000000000000002]],
    ['2026-03-02', ['gpt-4o-2024-08-06, input', 2.5], ['gpt-4o-2024-08-06, output', 1]],
    ['2026-03-03', ['gpt-4o-2024-08-06, input', 2], ['gpt-of-the-future, input', 0.5], ['o3, output', 4]],
    ['2026-03-04'],
  );

  it("says by day and model where OpenAI's costs and the ledger differ, and why", async () => {
    expect(await compared('OpenAI', 'costs.json', costs)).toEqual([
      ['2026-03-01', 'gpt-4o', '3.5000000000000002', '3.5', 'ROUNDING'],
      ['2026-03-02', 'gpt-4o', '3.5', '3.15', 'NOT_RECORDED_OR_PRICE'],
      ['2026-03-03', 'gpt-4o', '2', '3.5', 'PRICE'],
      ['2026-03-03', 'gpt-of-the-future', '0.5', '0', 'UNPRICED'],
      ['2026-03-03', 'o3', '4', '0', 'NOT_RECORDED'],
    ]);
  });

  it("reads OpenAI's export, and a bill without models", async () => {
    const csv = [
      'start_time,end_time,amount_value,amount_currency,line_item',
      '1772323200,1772409600,3.5,usd,"gpt-4o-2024-08-06, all"',
      '1772582400,1772668800,,usd,',
    ];
    expect(await compared('openai', 'costs.csv', csv.slice(0, 2).join('\n'))).toEqual([
      ['2026-03-01', 'gpt-4o', '3.5', '3.5'],
    ]);
    expect(await compared('openai', 'days.csv', 'day,amount\n2026-03-01,3.50\n2026-03-03,3.50\n')).toEqual([
      ['2026-03-01', '', '3.5', '3.5'],
      ['2026-03-02', '', '0', '3.15', 'NOT_BILLED'],
      ['2026-03-03', '', '3.5', '3.5'],
    ]);
  });

  it("reads Anthropic's cents and display names, and compares searches with the ledger's", async () => {
    const line = { currency: 'USD', workspace_id: null, service_tier: 'standard' };
    const report = JSON.stringify({
      data: [
        {
          starting_at: '2026-03-01T00:00:00Z',
          ending_at: '2026-03-02T00:00:00Z',
          results: [
            { ...line, amount: '300', model: 'claude-sonnet-4-5-20250929', token_type: 'uncached_input_tokens' },
            { ...line, amount: '150', model: 'claude-sonnet-4-5-20250929', token_type: 'output_tokens' },
            { ...line, amount: '10', model: null, cost_type: 'web_search' },
          ],
        },
      ],
      has_more: false,
      next_page: null,
    });
    const expected = [
      ['2026-03-01', '', '0.1', '0.1'],
      ['2026-03-01', 'claude-sonnet-4-5', '4.5', '4.5'],
    ];
    expect(await compared('anthropic', 'report.json', report)).toEqual(expected);
    const csv = [
      'usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,list_price_usd,cost_type',
      '2026-03-01,Claude Sonnet 4.5,Default,key,message,≤ 200k,input_no_cache,3.00,3.00,token',
      '2026-03-01,Claude Sonnet 4.5,Default,key,message,≤ 200k,output,1.50,1.50,token',
      '2026-03-01,,Default,key,message,,,0.10,0.10,web_search',
    ].join('\n');
    expect(await compared('anthropic', 'console.csv', csv)).toEqual(expected);
  });

  it('refuses what is no bill, another currency and lines that cannot be read', async () => {
    await expect(compared('openai', 'none.csv', 'a,b\n1,2\n')).rejects.toThrow(/^Line 2 is of no bill that is known/);
    const yen = openaiCosts(['2026-03-01', ['gpt-4o', 1]]).replace('"usd"', '"jpy"');
    await expect(compared('openai', 'yen.json', yen)).rejects.toThrow(
      'Line 1: the amount is in jpy; the ledger is in USD',
    );
    await expect(compared('openai', 'soon.csv', 'day,amount\nsoon,1\n')).rejects.toThrow("Line 2: 'soon' is no day");
    await expect(compared('openai', 'long.csv', 'day,amount\n2020-01-01,1\n2026-01-01,1\n')).rejects.toThrow(
      'The bill is for more than 400 days',
    );
  });

  it(
    'is a command that fails where they differ, and knows more with the usage export',
    { timeout: 120_000 },
    async () => {
      await database.close();
      const env: Record<string, string> = given.config.databaseUrl
        ? { DATABASE_URL: given.config.databaseUrl }
        : { DATA_DIR: given.config.dataDir };
      const bucket = (day: string, input_tokens: number, output_tokens: number) => ({
        object: 'bucket',
        start_time: Date.parse(`${day}T00:00:00Z`) / 1000,
        end_time: 0,
        results: [{ input_tokens, output_tokens, num_model_requests: 10, model: 'gpt-4o-2024-08-06' }],
      });
      const usage = { data: [bucket('2026-03-02', 1_000_000, 100_000), bucket('2026-03-03', 1_000_000, 100_000)] };
      await writeFile(path('usage.json'), JSON.stringify(usage));
      await writeFile(path('costs.json'), costs);
      const run = (...args: string[]) =>
        runCli(['reconcile-invoice', path('costs.json'), '--provider', 'openai', ...args], env);
      expect(await run('--usage', path('usage.json'))).toMatchObject({
        code: 1,
        stdout: [
          '2026-03-02 gpt-4o: billed 3.5, recorded 3.15 for 9 calls; 0.35 more billed: calls not recorded (110,000 tokens)',
          '2026-03-03 gpt-4o: billed 2, recorded 3.5 for 10 calls; 1.5 less billed: another price',
          '2026-03-03 gpt-of-the-future: billed 0.5, recorded 0 for 2 calls; 0.5 more billed: 2 calls have no price',
          '2026-03-03 o3: billed 4, recorded 0 for 0 calls; 4 more billed: calls not recorded',
          'billed 13.5 USD, recorded 10.15 USD, difference 3.35 USD; 5 days and models compared, 4 differ',
          '',
        ].join('\n'),
      });
      await writeFile(path('costs.json'), openaiCosts(['2026-03-01', ['gpt-4o, all', 3.5]]));
      expect(await run('--all', '--tenant', 'acme')).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^2026-03-01 gpt-4o: billed 3.5, recorded 3.5 for 10 calls\nbilled 3.5 USD, /),
      });
      expect(await run('--usage', path('missing.json'))).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^ENOENT/),
      });
    },
  );
});

it('adds nothing up to nothing', () => {
  expect(totals([]).differenceUsd.toFixed()).toBe('0');
});
