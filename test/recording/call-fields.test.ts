import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Big } from 'big.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExportFormat } from '../../src/transfer/call-file.ts';
import { readRecords } from '../../src/transfer/import/read-records.ts';
import { tenantId } from '../../src/values/identifier.ts';
import { callFields } from '../../src/recording/call-fields.ts';
import { contentHash, hashOver } from '../../src/recording/content-hash.ts';
import { fieldNames, sentFields, shownFields } from '../../src/recording/field-groups.ts';
import { kinds } from '../../src/recording/field-kinds.ts';
import { validateCall, type CallInput } from '../../src/recording/validate-call.ts';
import { asOwner } from '../support/as-owner.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { RecordBatch } from '../acceptance/operations.ts';
import { exported, imported } from '../transfer/export/exported.ts';
import { chunksOf, listOf } from '../transfer/import/streams.ts';

/** No two are equal, so that a value in the place of another one shows. */
const sent = {
  requestId: 'request',
  occurredAt: '2025-04-15T10:30:00.123Z',
  agentId: 'agent',
  provider: 'provider',
  model: 'model',
  operation: 'operation',
  channelId: 'channel',
  userId: 'user',
  botId: 'bot',
  threadId: 'thread',
  knowledgeBaseId: 'knowledge base',
  inputTokens: 101,
  outputTokens: 102,
  cachedInputTokens: 13,
  cacheWriteTokens: 14,
  cacheWrite1hTokens: 9,
  reasoningTokens: 15,
  units: { a: '18', b: '0.5' },
  durationMs: 16,
  timeToFirstTokenMs: 8,
  serviceTier: 'batch',
  tags: { env: 'production', team: 'search' },
  status: 'FAILED' as const,
  costUsd: '0.017',
  metadata: { a: '\\"', b: [1, { c: 'ä', d: null }] },
};

const { cacheWrite1hTokens, units, timeToFirstTokenMs, serviceTier, tags } = sent;
const later = { cacheWrite1hTokens, units, timeToFirstTokenMs, serviceTier, tags };

/** What the gateway computes along with a cost. */
const computed = {
  inputCostUsd: '0.001',
  cachedInputCostUsd: '0.002',
  cacheWriteCostUsd: '0.003',
  outputCostUsd: '0.004',
  unitsCostUsd: '0.007',
  cacheSavingsUsd: '-0.006',
};

const added = {
  recordedAt: '2025-04-15T10:30:01.456Z',
  recordedBy: 'recorder',
  costSource: 'TENANT_PRICE',
  priceId: 'price',
  ...computed,
  unpricedReason: null,
  voidedAt: '2025-04-16T09:00:00.789Z',
  voidReason: 'Reason.',
  voidedBy: 'voider',
};

/** Fields that calls have had from the start are hashed alone where no other is given. */
const firstHash = '3c890ea07a63dcd26cc731c7956db59656f8958809154d2047a34a9854b5644d';
const sentHash = '701ef6eba4e61ce840308c75231a8e55dc60917c8909e19dfbcfa7412780f46c';
/** Of the same call at a price of the gateway, which is no part of what was sent. */
const pricedHash = '6f73782a3dc8e2a204b5db6b8ce33cfb3a90481b5dbb760a3b09951b8eb5a8f1';
const nothingSaidHash = 'e8a37f05b710ed3c7ab85ba1ae3671936ee84462f3fe5e9c6ea7e902cbbf3caa';

describe('the content hash', () => {
  const now = new Date();
  const tokens = { inputTokens: 1, outputTokens: 2 };
  const callOf = (input: CallInput) => validateCall(input, { tenantId: tenantId('acme'), recordedBy: 'key', now });
  const hashOf = (input: CallInput) => callOf(input).contentHash.toString('hex');
  const first = Object.entries(sent).filter(([field]) => !Object.keys(later).includes(field));
  const full = {
    ...Object.fromEntries(first),
    inputTokens: sent.inputTokens,
    occurredAt: now,
    costUsd: new Big('0.0170'),
    metadata: { b: [1, { d: null, c: 'ä' }], a: '\\"' },
  };

  // Stored ones are compared with these for ever: a change here turns every retry of an old call into a conflict.
  it('is what it has always been', () => {
    expect(hashOf(full)).toBe(firstHash);
    expect(hashOf({ ...full, ...later })).toBe(sentHash);
    expect(hashOf(tokens)).toBe(nothingSaidHash);
    expect(hashOf({ ...tokens, agentId: null, provider: null, status: null, costUsd: null, metadata: null })).toBe(
      nothingSaidHash,
    );
    expect(
      hashOf({
        inputTokens: 0,
        outputTokens: 0,
        durationMs: 0,
        provider: 'unknown',
        costUsd: new Big(0),
        metadata: {},
      }),
    ).toBe('774867ef64ad2f582987e48d9eac346249091aef70ad3c688b44fd63903d4df6');
  });

  it('takes nothing that a gateway added', () => {
    const at = new Date(added.voidedAt);
    const amounts = Object.fromEntries(Object.entries(computed).map(([field, usd]) => [field, new Big(usd)])) as Record<
      keyof typeof computed,
      Big
    >;
    const additions = {
      ...added,
      ...amounts,
      unpricedReason: undefined,
      costSource: 'CATALOGUE' as const,
      recordedAt: at,
      voidedAt: at,
    };
    expect(hashOf({ ...tokens, costUsd: new Big('0.017'), added: additions })).toBe(nothingSaidHash);
  });

  it('takes a field of a later place by its name, and only where it was given', () => {
    const own = { leftOut: null, kind: kinds.identifier };
    const extended = hashOver<object>({
      ...callFields,
      region: { ...own, hashPlace: 31 },
      tier: { ...own, hashPlace: 30 },
    });
    const call = callOf(full);
    expect(extended({ ...call, tier: null, region: null })).toEqual(contentHash(call));
    const variants = [call, { ...call, tier: 'a' }, { ...call, region: 'a' }, { ...call, tier: 'a', region: 'a' }];
    const hashes = variants.map((variant) => extended({ tier: null, region: null, ...variant }).toString('hex'));
    expect(new Set(hashes).size).toBe(variants.length);
  });

  it('has a place of its own for each field', () => {
    const places = Object.values(callFields).flatMap((field) => ('hashPlace' in field ? [field.hashPlace] : []));
    expect(places.toSorted((a, b) => a - b)).toEqual(places.map((_place, index) => index + 1));
  });
});

describeOnEachDatabase('each field of a call', (kind) => {
  let folder: string;
  let gateway: TestGateway;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fields-'));
    gateway = await startTestGateway(kind);
  });
  afterAll(async () => {
    await gateway?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** The row of the tenant's call by column, times in UTC. */
  async function rowOf(tenant: string) {
    const rows = await asOwner<{ row: Record<string, unknown> }>(
      gateway.database.orm,
      `select to_jsonb(usage_call) || (
         select jsonb_object_agg(key, value) from jsonb_each_text(to_jsonb(usage_call)) where key like '%_usd') as row
       from usage_call where tenant_id = '${tenant}'`,
    );
    expect(rows).toHaveLength(1);
    return Object.entries(rows[0]?.row ?? {}).map(([column, value]) => [
      column,
      column.endsWith('_at') && typeof value === 'string' ? new Date(value).toISOString() : value,
    ]);
  }

  async function eventOf(tenant: string): Promise<Record<string, unknown>> {
    const fields = shownFields.join(' ');
    const calls = `{ calls(tenantId: "${tenant}") { edges { node { ${fields} tenant { id } totalTokens } } } }`;
    const { data, errors } = await gateway.send<{ calls: { edges: { node: Record<string, unknown> }[] } }, object>(
      calls,
    );
    expect(errors).toEqual([]);
    return data?.calls.edges[0]?.node ?? {};
  }

  async function recordOf(tenant: string, format: ExportFormat): Promise<Record<string, unknown>> {
    const bytes = await exported(gateway.database.orm, { tenant, format });
    const records = await listOf(readRecords(chunksOf(bytes.toString(), 100), format, () => undefined));
    expect(records).toHaveLength(1);
    const [record] = records;
    return record && 'fields' in record ? { ...record.fields } : {};
  }

  const column = (field: string) => field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const inText = (value: unknown) =>
    value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
  const each = (values: object, change: (field: string, value: unknown) => [string, unknown]) =>
    Object.fromEntries(Object.entries(values).map(([field, value]) => change(field, value)));

  /** Asks for a tenant's only call wherever it shows. */
  async function expectEverywhere(tenant: string, expected: Record<string, unknown>) {
    const row = Object.fromEntries(await rowOf(tenant));
    expect(row).toMatchObject({
      ...each(expected, (field, value) => [column(field), value]),
      tenant_id: tenant,
      content_hash: `\\x${expected['costSource'] === 'CALLER' ? sentHash : pricedHash}`,
    });
    const shown = Object.entries(expected).filter(([field]) => shownFields.some((name) => name === field));
    expect(await eventOf(tenant)).toEqual({ ...Object.fromEntries(shown), tenant: { id: tenant }, totalTokens: 203 });
    const given = Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== null));
    expect(await recordOf(tenant, 'ndjson')).toEqual(given);
    expect(await recordOf(tenant, 'csv')).toEqual(each(expected, (field, value) => [field, inText(value)]));
  }

  it('has a value here', () => {
    expect(Object.keys(sent).toSorted()).toEqual(sentFields.filter((field) => field !== 'tenantId').toSorted());
    expect(['tenantId', 'contentHash', ...Object.keys(sent), ...Object.keys(added)].toSorted()).toEqual(
      fieldNames.toSorted(),
    );
  });

  it('stands in its own column, in answers and in files when a request said it', async () => {
    const { recordUsageBatch } = await gateway.ask(RecordBatch, { inputs: [{ ...sent, tenantId: 'sent' }] });
    expect(recordUsageBatch).toMatchObject({ recorded: 1 });
    const { recordedAt, recordedBy } = await eventOf('sent');
    const parts = Object.fromEntries(Object.keys(computed).map((field) => [field, null]));
    const open = { ...parts, unpricedReason: null, priceId: null, voidedAt: null, voidReason: null, voidedBy: null };
    await expectEverywhere('sent', { ...sent, ...open, recordedAt, recordedBy, costSource: 'CALLER' });
  });

  it.each(['ndjson', 'csv'] as const)('stands there when a file said it, as %s', async (format) => {
    const tenant = `from-${format}`;
    const values = { ...sent, ...added };
    const quoted = (value: unknown) => `"${inText(value).replaceAll('"', '""')}"`;
    const bytes =
      format === 'ndjson'
        ? JSON.stringify(values)
        : `${Object.keys(values).join()}\n${Object.values(values).map(quoted).join()}`;
    expect(await imported(gateway.database.orm, folder, { bytes, tenant, format })).toMatchObject({ recorded: 1 });
    await expectEverywhere(tenant, values);
  });
});
