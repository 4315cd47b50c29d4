import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Big } from 'big.js';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tenantId, type TenantId } from '../../../src/values/identifier.ts';
import { setModelPrice } from '../../../src/pricing/model-price.service.ts';
import { voidCall } from '../../../src/recording/voiding.service.ts';
import { CreateTenant, RecordBatch, Totals } from '../../acceptance/operations.ts';
import { describeOnEachDatabase } from '../../support/databases.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { runs } from '../../reporting/property-options.ts';
import { exported, imported } from './exported.ts';
import { randomLedger, type Ledger } from './random-ledger.ts';

const operator = { kind: 'superuser', subject: 'key:"o", 😀' } as const;
const formats = ['csv', 'ndjson'] as const;
const none = { recorded: 0, duplicates: 0, rejected: 0 };

describeOnEachDatabase('a ledger that is exported and imported', (kind) => {
  let folder: string;
  let source: TestGateway;
  let target: TestGateway;
  let tenants = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'export-'));
    [source, target] = await Promise.all([startTestGateway(kind), startTestGateway(kind)]);
    await setPrice(source, null, 'platform', 'small');
    // What the source did not know must price nothing when it is imported.
    await setPrice(target, null, 'later', 'priced');
    await setPrice(target, null, 'unknown', 'unknown');
  });
  afterAll(async () => {
    await Promise.all([source?.close(), target?.close()]);
    await rm(folder, { recursive: true, force: true });
  });

  const setPrice = ({ database }: TestGateway, tenant: TenantId | null, provider: string, model: string) =>
    setModelPrice(
      database.orm.em.fork(),
      operator,
      {
        tenantId: tenant,
        provider,
        model,
        effectiveFrom: new Date('0001-01-01T00:00:00Z'),
        effectiveTo: null,
        inputUsdPerMillion: new Big('1.000000000001'),
        outputUsdPerMillion: new Big('7'),
        cachedInputUsdPerMillion: null,
        cacheWriteUsdPerMillion: null,
        reasoningUsdPerMillion: null,
      },
      new Date(),
    );

  /** Records and voids the calls in a tenant of its own. */
  async function record(ledger: Ledger) {
    const tenant = tenantId(`tenant-${++tenants}`);
    await source.ask(CreateTenant, { input: { id: tenant, name: 'Moved' } });
    await setPrice(source, tenant, 'own', 'large');
    const inputs = ledger.map(({ call }) => ({ ...call, tenantId: tenant }));
    const { recordUsageBatch } = await source.ask(RecordBatch, { inputs });
    expect(recordUsageBatch.results.filter(({ error }) => error)).toEqual([]);
    const em = source.database.orm.em.fork();
    for (const { call, reason } of ledger)
      if (reason !== undefined)
        await voidCall(em, operator, { tenantId: tenant, requestId: call.requestId, reason }, new Date());
    return { tenant, inputs };
  }

  it.each(formats)('is the same byte for byte, with the same totals, from %s', { timeout: 120_000 }, async (format) => {
    const sources = new Set<string>();
    await fc.assert(
      fc.asyncProperty(randomLedger, async (ledger) => {
        const { tenant, inputs } = await record(ledger);
        const bytes = await exported(source.database.orm, { tenant, format });
        for (const [name] of bytes.toString().matchAll(/CALLER|TENANT_PRICE|PLATFORM_PRICE|CATALOGUE|UNPRICED/g))
          sources.add(name);

        const moved = await imported(target.database.orm, folder, { bytes, tenant, format });
        expect(moved).toMatchObject({ ...none, recorded: ledger.length });
        const again = await exported(target.database.orm, { tenant, format });
        expect(again.toString()).toBe(bytes.toString());
        const window = { tenantId: tenant, from: '0001-01-01T00:00:00Z' };
        expect(await target.ask(Totals, window)).toEqual(await source.ask(Totals, window));

        // A service that sends its calls again is told that they are there.
        const { recordUsageBatch } = await target.ask(RecordBatch, { inputs });
        expect(recordUsageBatch).toMatchObject({ ...none, duplicates: ledger.length });
        const back = await imported(source.database.orm, folder, { bytes, tenant, format });
        expect(back).toMatchObject({ ...none, duplicates: ledger.length });
        expect((await exported(source.database.orm, { tenant, format })).equals(bytes)).toBe(true);
      }),
      // Looking for a smaller ledger would outlast the test, and hide the one that failed.
      { ...runs(12), endOnFailure: true },
    );
    expect([...sources].toSorted()).toEqual(['CALLER', 'CATALOGUE', 'PLATFORM_PRICE', 'TENANT_PRICE', 'UNPRICED']);
  });

  it.each(formats)('keeps metadata whose keys are written with escapes, from %s', async (format) => {
    const usage = { inputTokens: 1, outputTokens: 1 };
    const { tenant, inputs } = await record([
      { call: { requestId: 'r-1', ...usage, metadata: { '!': 1, '\\': 1 } }, reason: undefined },
      { call: { requestId: 'r-2', ...usage, metadata: { '!': 2, '"': 2 } }, reason: undefined },
    ]);
    const bytes = await exported(source.database.orm, { tenant, format });
    expect(bytes.toString()).toContain(
      format === 'csv' ? String.raw`"{""!"":2,""\"""":2}"` : String.raw`{"!":2,"\"":2}`,
    );

    expect(await imported(target.database.orm, folder, { bytes, tenant, format })).toMatchObject({ recorded: 2 });
    expect((await exported(target.database.orm, { tenant, format })).equals(bytes)).toBe(true);
    const { recordUsageBatch } = await target.ask(RecordBatch, { inputs });
    expect(recordUsageBatch).toMatchObject({ ...none, duplicates: 2 });
  });

  it('changes no void of a gateway that has the calls', async () => {
    const call = { requestId: 'r-1', inputTokens: 1, outputTokens: 1 };
    const { tenant } = await record([{ call, reason: undefined }]);
    const { orm } = source.database;
    const before = await exported(orm, { tenant, format: 'csv' });
    await voidCall(orm.em.fork(), operator, { tenantId: tenant, requestId: 'r-1', reason: 'Twice.' }, new Date());
    const after = await exported(orm, { tenant, format: 'csv' });
    expect(after.equals(before)).toBe(false);

    expect(await imported(orm, folder, { bytes: before, tenant, format: 'csv' })).toMatchObject({ duplicates: 1 });
    expect((await exported(orm, { tenant, format: 'csv' })).equals(after)).toBe(true);
    await imported(target.database.orm, folder, { bytes: before, tenant, format: 'csv' });
    expect(await imported(target.database.orm, folder, { bytes: after, tenant, format: 'csv' })).toMatchObject({
      duplicates: 1,
    });
    expect((await exported(target.database.orm, { tenant, format: 'csv' })).equals(before)).toBe(true);
  });

  it('refuses lines that contradict themselves, by field, and takes the others', async () => {
    const added =
      'requestId,inputTokens,outputTokens,costUsd,recordedAt,costSource,priceId,voidedAt,voidReason,voidedBy';
    const lines = [
      'ok,1,1,,2020-01-01T00:00:00Z,UNPRICED,,,,',
      'a,1,1,,yesterday,,,,,',
      'b,1,1,,,FREE,,,,',
      'c,1,1,1,,UNPRICED,,,,',
      'd,1,1,1,,CATALOGUE,,,,',
      'e,1,1,,,,,2020-01-01T00:00:00Z,,',
    ];
    const tenant = 'contradicted';
    const bytes = [added, ...lines].join('\n');
    const result = await imported(target.database.orm, folder, { bytes, tenant, format: 'csv' });
    expect(result).toMatchObject({ recorded: 1, rejected: 5 });
    const rejects = await readFile(result.rejectsFile ?? '', 'utf8');
    expect(
      rejects
        .trimEnd()
        .split('\n')
        .map((line) => [JSON.parse(line).line, JSON.parse(line).field]),
    ).toEqual([
      [3, 'recordedAt'],
      [4, 'costSource'],
      [5, 'costUsd'],
      [6, 'priceId'],
      [7, 'voidReason'],
    ]);
  });
});
