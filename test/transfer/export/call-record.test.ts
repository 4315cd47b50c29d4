import { Big } from 'big.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agentId, tenantId } from '../../../src/values/identifier.ts';
import { callFields } from '../../../src/recording/call-fields.ts';
import { fileFields } from '../../../src/recording/field-groups.ts';
import type { Call } from '../../../src/recording/call.entity.ts';
import { toCells, toRecord } from '../../../src/transfer/export/call-record.ts';
import { writeCalls } from '../../../src/transfer/export/write-calls.ts';
import { readLines } from '../../../src/transfer/import/read-lines.ts';
import { readRows } from '../../../src/transfer/import/read-rows.ts';
import { chunksOf, listOf } from '../import/streams.ts';
import { anyIdentifier, anyReason } from './random-text.ts';

const call: Call = {
  tenantId: tenantId('acme'),
  requestId: 'r-1',
  occurredAt: new Date('2026-04-01T00:00:00Z'),
  recordedAt: new Date('2026-04-01T00:00:00.120Z'),
  agentId: null,
  provider: 'unknown',
  model: 'gpt-5',
  operation: null,
  channelId: null,
  userId: null,
  botId: null,
  threadId: null,
  knowledgeBaseId: null,
  inputTokens: 3,
  outputTokens: 2,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
  reasoningTokens: 0,
  units: null,
  durationMs: null,
  timeToFirstTokenMs: null,
  serviceTier: 'standard',
  tags: null,
  status: 'SUCCESS',
  costUsd: new Big('0.000000000000000000000001'),
  recordedBy: 'key',
  costSource: 'CATALOGUE',
  priceId: 'prices@1/gpt-5',
  inputCostUsd: null,
  cachedInputCostUsd: null,
  cacheWriteCostUsd: null,
  outputCostUsd: null,
  unitsCostUsd: null,
  cacheSavingsUsd: null,
  unpricedReason: null,
  contentHash: Buffer.alloc(32),
  voidedAt: null,
  voidReason: null,
  voidedBy: null,
  metadata: null,
};

async function* pageOf(...calls: Call[]): AsyncGenerator<Call[]> {
  yield calls;
}

const fileOf = async (format: 'csv' | 'ndjson', ...calls: Call[]) =>
  (await listOf(writeCalls(pageOf(...calls), format))).join('');

describe('a call in a file', () => {
  it('has its fields in the order of import, then what the gateway added', async () => {
    expect((await fileOf('csv', call)).split('\n')).toEqual([
      'requestId,occurredAt,agentId,provider,model,operation,channelId,userId,botId,threadId,knowledgeBaseId,' +
        'inputTokens,outputTokens,cachedInputTokens,cacheWriteTokens,cacheWrite1hTokens,reasoningTokens,units,durationMs,timeToFirstTokenMs,status,serviceTier,tags,costUsd,' +
        'metadata,recordedAt,recordedBy,costSource,priceId,inputCostUsd,cachedInputCostUsd,cacheWriteCostUsd,outputCostUsd,unitsCostUsd,cacheSavingsUsd,unpricedReason,voidedAt,voidReason,voidedBy',
      'r-1,2026-04-01T00:00:00.000Z,,unknown,gpt-5,,,,,,,3,2,0,0,0,0,,,,SUCCESS,standard,,0.000000000000000000000001,,' +
        '2026-04-01T00:00:00.120Z,key,CATALOGUE,prices@1/gpt-5,,,,,,,,,,',
      '',
    ]);
  });

  it('leaves out in NDJSON what it has not, and keeps numbers but the cost', async () => {
    const [line = '', end] = (await fileOf('ndjson', { ...call, durationMs: 7, metadata: { a: [1] } })).split('\n');
    expect(end).toBe('');
    expect(JSON.parse(line)).toEqual({
      requestId: 'r-1',
      occurredAt: '2026-04-01T00:00:00.000Z',
      provider: 'unknown',
      model: 'gpt-5',
      inputTokens: 3,
      outputTokens: 2,
      cachedInputTokens: 0,
      cacheWriteTokens: 0,
      cacheWrite1hTokens: 0,
      reasoningTokens: 0,
      durationMs: 7,
      status: 'SUCCESS',
      serviceTier: 'standard',
      costUsd: '0.000000000000000000000001',
      metadata: { a: [1] },
      recordedAt: '2026-04-01T00:00:00.120Z',
      recordedBy: 'key',
      costSource: 'CATALOGUE',
      priceId: 'prices@1/gpt-5',
    });
  });

  it('has every field of a call but the tenant, of whom the whole file is, and the hash, which follows from the rest', () => {
    const left = new Set(['tenantId', 'contentHash']);
    expect(
      Object.keys(call)
        .filter((field) => !left.has(field))
        .toSorted(),
    ).toEqual([...fileFields].toSorted());
    expect(Object.keys(callFields).filter((field) => !left.has(field))).toEqual([...fileFields]);
    expect(toCells(call)).toHaveLength(Object.keys(callFields).length - left.size);
  });

  it('says a cost of zero, and metadata without anything in it', () => {
    expect(toRecord({ ...call, costUsd: new Big(0), metadata: {} })).toMatchObject({ costUsd: '0', metadata: {} });
    expect(toCells({ ...call, metadata: {} })).toContain('{}');
  });

  it('is a header alone when there are no calls', async () => {
    expect(await listOf(writeCalls(pageOf(), 'csv'))).toHaveLength(2);
    expect(await fileOf('csv')).toBe(`${fileFields.join(',')}\n`);
    expect(await fileOf('ndjson')).toBe('');
  });

  it('is read by import as it was, whatever its texts are', async () => {
    const written = fc.record({ requestId: anyIdentifier, userId: anyIdentifier, voidReason: anyReason });
    await fc.assert(
      fc.asyncProperty(fc.array(written, { minLength: 1 }), fc.integer({ min: 1, max: 9 }), async (texts, chunk) => {
        const calls = texts.map((own) => ({ ...call, ...own, agentId: agentId(own.userId), voidedBy: own.requestId }));
        const file = await fileOf('csv', ...calls);
        const [, ...rows] = await listOf(readRows(readLines(chunksOf(file, chunk))));
        expect(rows.map((row) => ('cells' in row ? row.cells : row.problem))).toEqual(calls.map(toCells));
      }),
    );
  });
});
