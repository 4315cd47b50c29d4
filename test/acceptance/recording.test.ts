import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import type { RecordUsageInput } from './gql/graphql.ts';
import { Record as RecordCall, RecordBatch, Totals } from './operations.ts';

describeOnEachDatabase('recording a call', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway(kind);
  });
  afterAll(() => gateway.close());

  const full: RecordUsageInput = {
    requestId: 'full',
    tenantId: 'acme',
    occurredAt: '2026-04-15T12:30:00.123+02:00',
    agentId: 'support-bot',
    provider: 'openai',
    model: 'gpt-5',
    operation: 'chat',
    channelId: 'web',
    userId: 'u1',
    botId: 'b1',
    threadId: 't1',
    knowledgeBaseId: 'kb1',
    inputTokens: 1200,
    outputTokens: 350,
    cachedInputTokens: 200,
    cacheWriteTokens: 100,
    reasoningTokens: 50,
    durationMs: 1840,
    status: 'FAILED',
    costUsd: '0.004217500000',
    metadata: { nested: { list: [1, 'zwei', null, true] } },
  };

  it('stores everything that was sent', async () => {
    const { recordUsage } = await gateway.ask(RecordCall, { input: full });
    const { tenantId, ...sent } = full;
    expect(recordUsage).toEqual({
      outcome: 'RECORDED',
      event: {
        ...sent,
        tenant: { id: tenantId, name: tenantId, timezone: 'UTC' },
        occurredAt: '2026-04-15T10:30:00.123Z',
        recordedAt: expect.stringMatching(/Z$/),
        totalTokens: 1550,
        costUsd: '0.0042175',
        costSource: 'CALLER',
        priceId: null,
        voidedAt: null,
        voidReason: null,
        voidedBy: null,
      },
    });
  });

  it('fills in what was left out', async () => {
    const { recordUsage } = await gateway.ask(RecordCall, {
      input: { tenantId: 'bare', inputTokens: 1, outputTokens: 2 },
    });
    expect(recordUsage.event).toMatchObject({
      requestId: expect.stringMatching(/^req_/),
      provider: 'unknown',
      model: 'unknown',
      agentId: null,
      channelId: null,
      costUsd: null,
      costSource: 'UNPRICED',
      status: 'SUCCESS',
      durationMs: null,
      metadata: null,
    });
  });

  it('answers a retry as a duplicate with the stored call, with or without its time', async () => {
    const { occurredAt, ...later } = full;
    for (const input of [
      full,
      later,
      { ...full, costUsd: '0.0042175', metadata: { nested: full.metadata?.['nested'] } },
    ]) {
      const { recordUsage } = await gateway.ask(RecordCall, { input });
      expect(recordUsage.outcome).toBe('DUPLICATE');
      expect(recordUsage.event.occurredAt).toBe(new Date(occurredAt ?? '').toISOString());
    }
  });

  it('recognises a retry whose first attempt had no time', async () => {
    const input = { requestId: 'no-time', tenantId: 'acme', inputTokens: 1, outputTokens: 1 };
    const first = await gateway.ask(RecordCall, { input });
    const second = await gateway.ask(RecordCall, { input });
    expect(second.recordUsage).toEqual({ outcome: 'DUPLICATE', event: first.recordUsage.event });
  });

  it('refuses the same key with other content, and keeps the first', async () => {
    for (const change of [
      { outputTokens: 351 },
      { occurredAt: '2026-04-15T12:30:00Z' },
      { userId: null },
      { costUsd: null },
    ]) {
      const { data, errors } = await gateway.send(RecordCall, { input: { ...full, ...change } });
      expect(data).toBeNull();
      expect(errors).toMatchObject([{ extensions: { code: 'IDEMPOTENCY_CONFLICT', field: 'requestId' } }]);
    }
    const { recordUsage } = await gateway.ask(RecordCall, { input: full });
    expect(recordUsage.event.outputTokens).toBe(350);
  });

  it('keeps the same key of two tenants apart', async () => {
    const { recordUsage } = await gateway.ask(RecordCall, { input: { ...full, tenantId: 'other' } });
    expect(recordUsage.outcome).toBe('RECORDED');
  });

  it('counts an acknowledged call in the next query', async () => {
    for (let calls = 1; calls <= 20; calls++) {
      await gateway.ask(RecordCall, { input: { tenantId: 'fresh', inputTokens: 1, outputTokens: 1 } });
      const { usage } = await gateway.ask(Totals, { tenantId: 'fresh' });
      expect(usage.totals.totalCalls).toBe(calls);
    }
  });

  it('welcomes late calls, however old, and refuses those of the future', async () => {
    const call = { tenantId: 'times', inputTokens: 1, outputTokens: 1 };
    const fromNow = (ms: number) => new Date(Date.now() + ms).toISOString();
    await gateway.ask(RecordCall, { input: { ...call, occurredAt: '1999-12-31T23:59:59Z' } });
    await gateway.ask(RecordCall, { input: { ...call, occurredAt: fromNow(4 * 60_000) } });
    const { errors } = await gateway.send(RecordCall, { input: { ...call, occurredAt: fromNow(6 * 60_000) } });
    expect(errors).toMatchObject([{ extensions: { code: 'VALIDATION_ERROR', field: 'occurredAt' } }]);
  });

  const call = { tenantId: 'limits', inputTokens: 10, outputTokens: 10 };
  const long = 'x'.repeat(201);
  const nested = (levels: number): unknown => JSON.parse(`{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`);
  it.each<[string, Partial<Record<keyof RecordUsageInput, unknown>>, string]>([
    ['a naive time', { occurredAt: '2026-04-01T00:00:00' }, 'occurredAt'],
    ['an unreadable time', { occurredAt: 'yesterday' }, 'occurredAt'],
    ['negative tokens', { inputTokens: -1 }, 'inputTokens'],
    ['too many tokens', { outputTokens: 1_000_000_001 }, 'outputTokens'],
    ['too many tokens together', { inputTokens: 999_999_999, outputTokens: 2 }, 'outputTokens'],
    ['more cached than input tokens', { cachedInputTokens: 11 }, 'cachedInputTokens'],
    ['more cached and written than input tokens', { cachedInputTokens: 6, cacheWriteTokens: 5 }, 'cacheWriteTokens'],
    ['more reasoning than output tokens', { reasoningTokens: 11 }, 'reasoningTokens'],
    ['a negative duration', { durationMs: -1 }, 'durationMs'],
    ['a negative cost', { costUsd: '-0.01' }, 'costUsd'],
    ['a cost with an exponent', { costUsd: '1e3' }, 'costUsd'],
    ['a cost with 25 decimals', { costUsd: '0.0000000000000000000000001' }, 'costUsd'],
    ['an empty identifier', { requestId: '' }, 'requestId'],
    ['a long identifier', { agentId: long }, 'agentId'],
    ['a control character', { userId: 'a\u0007b' }, 'userId'],
    ['a NUL character', { threadId: 'a\u0000b' }, 'threadId'],
    ['a lone surrogate', { model: 'a\ud800b' }, 'model'],
    ['a long tenant', { tenantId: long }, 'tenantId'],
    ['large metadata', { metadata: { text: 'x'.repeat(8 * 1024) } }, 'metadata'],
    ['deeply nested metadata', { metadata: nested(101) }, 'metadata'],
    ['metadata nested without end', { metadata: nested(4000) }, 'metadata'],
    ['metadata with a NUL character', { metadata: { text: 'a\u0000b' } }, 'metadata'],
    ['metadata with a lone surrogate', { metadata: { 'key\udc00': 1 } }, 'metadata'],
  ])('refuses %s, naming the field, and stores nothing', async (_what, change, field) => {
    const input = { ...call, ...change } as RecordUsageInput;
    const { data, errors } = await gateway.send(RecordCall, { input });
    expect(data).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: 'VALIDATION_ERROR', field } }]);
    const { recordUsageBatch } = await gateway.ask(RecordBatch, { inputs: [input] });
    expect(recordUsageBatch.results).toMatchObject([
      { outcome: 'REJECTED', error: { code: 'VALIDATION_ERROR', field } },
    ]);
    const usage = await gateway.send(Totals, { tenantId: 'limits' });
    expect(usage.errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  });

  it('takes what is just within the limits', async () => {
    const inputs = [
      { ...call, tenantId: 'edge', inputTokens: 1_000_000_000, outputTokens: 0 },
      { ...call, tenantId: 'edge', requestId: '😀'.repeat(200), costUsd: '999999999999.999999999999999999' },
      {
        ...call,
        tenantId: 'edge',
        durationMs: Number.MAX_SAFE_INTEGER,
        metadata: { text: '\\u0000 is only text', deep: nested(99) },
      },
      { ...call, tenantId: 'edge', cachedInputTokens: 4, cacheWriteTokens: 6, reasoningTokens: 10 },
    ];
    const { recordUsageBatch } = await gateway.ask(RecordBatch, { inputs });
    expect(recordUsageBatch).toMatchObject({ recorded: 4, rejected: 0 });
    const { usage } = await gateway.ask(Totals, { tenantId: 'edge' });
    expect(usage.totals.totalCostUsd).toBe('999999999999.999999999999999999');
  });

  it('answers a batch call by call, in the order given', async () => {
    const good = { tenantId: 'batch', inputTokens: 5, outputTokens: 5 };
    const { recordUsageBatch } = await gateway.ask(RecordBatch, {
      inputs: [
        { ...good, requestId: 'z' },
        { ...good, requestId: 'a' },
        { ...good, requestId: 'z' },
        { ...good, requestId: 'z', inputTokens: 6 },
        { ...good, requestId: 'm', inputTokens: -1 },
        { inputTokens: 1, outputTokens: 1 },
      ],
    });
    expect(recordUsageBatch).toMatchObject({ recorded: 2, duplicates: 1, rejected: 3 });
    expect(recordUsageBatch.results.map((result) => [result.outcome, result.requestId, result.error?.code])).toEqual([
      ['RECORDED', 'z', undefined],
      ['RECORDED', 'a', undefined],
      ['DUPLICATE', 'z', undefined],
      ['REJECTED', 'z', 'IDEMPOTENCY_CONFLICT'],
      ['REJECTED', 'm', 'VALIDATION_ERROR'],
      ['REJECTED', null, 'VALIDATION_ERROR'],
    ]);
    const again = await gateway.ask(RecordBatch, {
      inputs: [
        { ...good, requestId: 'a' },
        { ...good, requestId: 'b' },
      ],
    });
    expect(again.recordUsageBatch).toMatchObject({ recorded: 1, duplicates: 1 });
  });

  it('takes batches of 0 to 1,000 calls', async () => {
    const inputs = Array.from({ length: 1001 }, () => ({ tenantId: 'large', inputTokens: 1, outputTokens: 1 }));
    const tooMany = await gateway.send(RecordBatch, { inputs });
    expect(tooMany.errors).toMatchObject([{ extensions: { code: 'VALIDATION_ERROR', field: 'inputs' } }]);
    expect((await gateway.ask(RecordBatch, { inputs: [] })).recordUsageBatch.results).toEqual([]);
    expect((await gateway.ask(RecordBatch, { inputs: inputs.slice(1) })).recordUsageBatch.recorded).toBe(1000);
  });

  it('adds the smallest amounts up exactly', async () => {
    const inputs = Array.from({ length: 1000 }, () => ({
      tenantId: 'cents',
      inputTokens: 0,
      outputTokens: 0,
      costUsd: '0.0000000001',
    }));
    for (let batch = 0; batch < 3; batch++) await gateway.ask(RecordBatch, { inputs });
    const { usage } = await gateway.ask(Totals, { tenantId: 'cents' });
    expect(usage.totals.totalCostUsd).toBe('0.0000003');
  });

  it('stores one of a hundred equal batches that are sent at once', async () => {
    const inputs = ['one', 'two', 'three'].map((requestId) => ({
      tenantId: 'at-once',
      requestId,
      inputTokens: 1,
      outputTokens: 1,
    }));
    const answers = await Promise.all(Array.from({ length: 100 }, () => gateway.ask(RecordBatch, { inputs })));
    expect(answers.reduce((sum, { recordUsageBatch }) => sum + recordUsageBatch.recorded, 0)).toBe(3);
    expect(answers.reduce((sum, { recordUsageBatch }) => sum + recordUsageBatch.duplicates, 0)).toBe(297);
    expect((await gateway.ask(Totals, { tenantId: 'at-once' })).usage.totals.totalCalls).toBe(3);
  });
});
