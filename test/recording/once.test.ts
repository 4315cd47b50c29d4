import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { RecordUsageInput } from '../acceptance/gql/graphql.ts';
import { Record as RecordCall, RecordBatch, Totals } from '../acceptance/operations.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

vi.setConfig({ testTimeout: 120_000 });

describeOnEachDatabase('a call is counted once', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway(kind, { config: { recordingWaitMs: 60_000 } });
  });
  afterAll(() => gateway.close());

  const totalCalls = async (tenantId: string) => (await gateway.ask(Totals, { tenantId })).usage.totals.totalCalls;

  it('when its batch is sent a hundred times at once, and one answer says RECORDED', async () => {
    // A hundred batches of a hundred fill a tenant's half of the queue, which is 10,000 calls, and no more.
    const inputs = Array.from({ length: 100 }, (_, index) => ({
      tenantId: 'at-once',
      requestId: `call-${index}`,
      inputTokens: index,
      outputTokens: 1,
    }));
    const answers = await Promise.all(Array.from({ length: 100 }, () => gateway.ask(RecordBatch, { inputs })));
    const results = answers.flatMap(({ recordUsageBatch }) => recordUsageBatch.results);
    const outcomes = Map.groupBy(results, ({ requestId }) => requestId);
    for (const { requestId } of inputs) {
      const said = outcomes.get(requestId)?.map(({ outcome }) => outcome) ?? [];
      expect(said.toSorted()).toEqual([...Array.from({ length: 99 }, () => 'DUPLICATE'), 'RECORDED']);
    }
    for (const { recordUsageBatch } of answers)
      expect(recordUsageBatch.results.map(({ requestId }) => requestId)).toEqual(
        inputs.map(({ requestId }) => requestId),
      );
    expect(await totalCalls('at-once')).toBe(100);
  });

  it('when it is sent a hundred times at once by itself', async () => {
    const input = { tenantId: 'singly', requestId: 'one', inputTokens: 1, outputTokens: 1 };
    const answers = await Promise.all(Array.from({ length: 100 }, () => gateway.ask(RecordCall, { input })));
    expect(answers.filter(({ recordUsage }) => recordUsage.outcome === 'RECORDED')).toHaveLength(1);
    expect(answers.filter(({ recordUsage }) => recordUsage.outcome === 'DUPLICATE')).toHaveLength(99);
    const [first] = answers;
    for (const { recordUsage } of answers) expect(recordUsage.event).toEqual(first?.recordUsage.event);
    expect(await totalCalls('singly')).toBe(1);
  });

  it('when two that differ are sent at once under its key, and the other is refused', async () => {
    const variants = Array.from({ length: 20 }, (_, index) => ({
      tenantId: 'differing',
      requestId: 'one',
      inputTokens: index % 2,
      outputTokens: 1,
    }));
    const answers = await Promise.all(variants.map((input) => gateway.send(RecordCall, { input })));
    const stored = answers.flatMap(({ data }) => (data ? [data.recordUsage.event.inputTokens] : []));
    const refused = answers.flatMap(({ errors }) => errors.map(({ extensions }) => extensions.code));
    expect(new Set(stored).size).toBe(1);
    expect([stored.length, refused]).toEqual([10, Array.from({ length: 10 }, () => 'IDEMPOTENCY_CONFLICT')]);
    expect(await totalCalls('differing')).toBe(1);
  });

  it('under ids that sort in the order of time when the gateway makes them', async () => {
    const input: RecordUsageInput = { tenantId: 'no-ids', inputTokens: 1, outputTokens: 1 };
    const ids: (string | null)[] = [];
    for (let turn = 0; turn < 10; turn++) {
      const { recordUsage } = await gateway.ask(RecordCall, { input });
      ids.push(recordUsage.event.requestId);
      const { recordUsageBatch } = await gateway.ask(RecordBatch, { inputs: Array.from({ length: 50 }, () => input) });
      ids.push(...recordUsageBatch.results.map(({ requestId }) => requestId));
    }
    for (const id of ids) expect(id).toMatch(/^req_[0-9a-f-]{36}$/);
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(510);
    expect(await totalCalls('no-ids')).toBe(510);
  });
});
