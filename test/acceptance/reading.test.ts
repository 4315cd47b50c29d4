import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differences } from '../reporting/differences.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { graphql } from './gql/gql.ts';
import { CreateAgent, CreateTenant, RecordBatch, Totals } from './operations.ts';

const Report = graphql(`
  query Report(
    $tenantId: ID
    $from: DateTime
    $to: DateTime
    $bucket: Bucket! = DAY
    $timezone: TimeZone
    $filters: UsageFilters
  ) {
    usage(tenantId: $tenantId, from: $from, to: $to, bucket: $bucket, timezone: $timezone, filters: $filters) {
      tenant {
        id
      }
      totals {
        totalCalls
        failedCalls
        totalCostUsd
        unpricedCalls
        callDurationMs {
          avg
          min
          max
          p5
          p50
          p95
          p99
        }
        inputTokens {
          total
          avg
          min
          max
          p5
          p50
          p95
          p99
        }
        cachedInputTokens
        reasoningTokens
        totalTokens
      }
      buckets {
        ts
        end
        stats {
          totalCalls
        }
      }
      filtersApplied {
        from
        to
        bucket
        timezone
        agentId
        provider
        status
      }
    }
  }
`);

const Breakdowns = graphql(`
  query Breakdowns($tenantId: ID, $orderBy: UsageOrder, $first: Int) {
    usage(tenantId: $tenantId) {
      byAgent(orderBy: $orderBy, first: $first) {
        agentId
        agent {
          name
          usage {
            totalCalls
          }
        }
        stats {
          totalCalls
        }
      }
      byChannel {
        channelId
      }
      byUser(orderBy: NAME_ASC) {
        userId
      }
      byModel(orderBy: NAME_ASC) {
        provider
        model
      }
    }
  }
`);

describeOnEachDatabase('reading usage', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway(kind);
    await gateway.ask(CreateTenant, { input: { id: 'berlin', name: 'Berlin', timezone: 'Europe/Berlin' } });
    const at = (occurredAt: string, inputTokens: number) => ({
      tenantId: 'berlin',
      occurredAt,
      inputTokens,
      outputTokens: 0,
    });
    await gateway.ask(RecordBatch, {
      inputs: [
        { ...at('2026-10-24T21:59:59.999Z', 1), status: 'FAILED', durationMs: 100, costUsd: '0.10' },
        { ...at('2026-10-24T22:00:00Z', 2), durationMs: 200, costUsd: '0.20' },
        { ...at('2026-10-25T00:30:00Z', 3), durationMs: 300 },
        { ...at('2026-10-25T01:30:00Z', 4), cachedInputTokens: 4 },
        { ...at('2026-10-25T22:59:59.999Z', 5) },
        { ...at('2026-10-25T23:00:00Z', 6) },
      ],
    });
  });
  afterAll(() => gateway.close());

  it('begins with the first call and ends now when the window is left out', async () => {
    const before = Date.now();
    const { usage } = await gateway.ask(Report, { tenantId: 'berlin' });
    expect(usage.totals.totalCalls).toBe(6);
    expect(usage.filtersApplied).toMatchObject({
      from: '2026-10-24T21:59:59.999Z',
      bucket: 'DAY',
      timezone: 'Europe/Berlin',
      agentId: null,
    });
    expect(Date.parse(usage.filtersApplied.to)).toBeGreaterThanOrEqual(before);
    expect(usage.buckets.at(0)?.ts).toBe('2026-10-23T22:00:00.000Z');
    expect(Date.parse(usage.buckets.at(-1)?.end ?? '')).toBeGreaterThan(before);
    expect(usage.buckets.every(({ ts }, index) => index === 0 || ts === usage.buckets[index - 1]?.end)).toBe(true);
  });

  it("cuts days at the tenant's midnight, 25 hours long where the clock is set back", async () => {
    const window = { tenantId: 'berlin', from: '2026-10-24T12:00:00+02:00', to: '2026-10-26T12:00:00+01:00' };
    const { usage } = await gateway.ask(Report, window);
    expect(usage.buckets.map(({ ts, end, stats }) => [ts, end, stats.totalCalls])).toEqual([
      ['2026-10-23T22:00:00.000Z', '2026-10-24T22:00:00.000Z', 1],
      ['2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z', 4],
      ['2026-10-25T23:00:00.000Z', '2026-10-26T23:00:00.000Z', 1],
    ]);
  });

  it('makes two buckets of the hour that an autumn change repeats, and fills gaps with zeros', async () => {
    const window = {
      tenantId: 'berlin',
      from: '2026-10-25T00:00:00Z',
      to: '2026-10-25T03:00:00Z',
      bucket: 'HOUR' as const,
    };
    const { usage } = await gateway.ask(Report, window);
    expect(usage.buckets.map(({ ts, stats }) => [ts, stats.totalCalls])).toEqual([
      ['2026-10-25T00:00:00.000Z', 1],
      ['2026-10-25T01:00:00.000Z', 1],
      ['2026-10-25T02:00:00.000Z', 0],
    ]);
  });

  it('answers one row without borders for NONE', async () => {
    const { usage } = await gateway.ask(Report, { tenantId: 'berlin', bucket: 'NONE' });
    expect(usage.buckets).toEqual([{ ts: null, end: null, stats: { totalCalls: 6 } }]);
  });

  it('takes nearest ranks within 1 %, and leaves calls without a duration out of the duration', async () => {
    const { usage } = await gateway.ask(Report, { tenantId: 'berlin' });
    const expected = {
      totalCalls: 6,
      failedCalls: 1,
      totalCostUsd: '0.3',
      unpricedCalls: 4,
      callDurationMs: { avg: 200, min: 100, max: 300, p5: 100, p50: 200, p95: 300, p99: 300 },
      inputTokens: { total: 21, avg: 3.5, min: 1, max: 6, p5: 1, p50: 3, p95: 6, p99: 6 },
      cachedInputTokens: 4,
      reasoningTokens: 0,
      totalTokens: 21,
    };
    expect(differences(usage.totals, expected)).toEqual([]);
  });

  describe('of an empty window', () => {
    const zero = { avg: 0, min: 0, max: 0, p5: 0, p50: 0, p95: 0, p99: 0 };
    it.each([
      ['before all calls', { from: '2020-01-01T00:00:00Z', to: '2020-01-03T00:00:00Z' }, 2],
      ['that ends before the first call', { to: '2020-01-03T00:00:00Z' }, 1],
      ['with a filter that matches nothing', { filters: { provider: ['nobody'] } }, 1],
      ['with a filter that can match nothing', { filters: { userId: ['\u0000', '\ud800'] } }, 1],
      ['with an empty filter', { filters: { model: [] } }, 1],
    ])('%s gives zeros', async (_what, args, buckets) => {
      const { usage } = await gateway.ask(Report, { tenantId: 'berlin', timezone: 'UTC', ...args });
      expect(usage.totals).toEqual({
        totalCalls: 0,
        failedCalls: 0,
        totalCostUsd: '0',
        unpricedCalls: 0,
        callDurationMs: zero,
        inputTokens: { total: 0, ...zero },
        cachedInputTokens: 0,
        reasoningTokens: 0,
        totalTokens: 0,
      });
      expect(usage.buckets).toHaveLength(buckets);
      expect(usage.filtersApplied.from < usage.filtersApplied.to).toBe(true);
    });
  });

  it('echoes the window and filters that were given', async () => {
    const { usage } = await gateway.ask(Report, {
      tenantId: 'berlin',
      from: '2026-04-15T12:30:00+02:00',
      to: '2026-05-01T00:00:00Z',
      bucket: 'WEEK',
      timezone: 'Asia/Kathmandu',
      filters: { agentId: ['a', 'b'], provider: [], status: ['FAILED'] },
    });
    expect(usage.filtersApplied).toEqual({
      from: '2026-04-15T10:30:00.000Z',
      to: '2026-05-01T00:00:00.000Z',
      bucket: 'WEEK',
      timezone: 'Asia/Kathmandu',
      agentId: ['a', 'b'],
      provider: [],
      status: ['FAILED'],
    });
  });

  it.each([
    ['a naive begin', { from: '2026-04-01T00:00:00' }, "'from' must be timezone-aware", 'from'],
    ['a naive end', { to: '2026-04-01T00:00:00' }, "'to' must be timezone-aware", 'to'],
    [
      'an end that is not after the begin',
      { from: '2026-04-01T00:00:00Z', to: '2026-04-01T02:00:00+02:00' },
      "'to' must be strictly greater than 'from'",
      'to',
    ],
    [
      'too many buckets',
      { from: '2026-01-01T00:00:00Z', to: '2026-01-08T00:00:00Z', bucket: 'MINUTE' as const },
      'The window has 10080 MINUTE buckets; a report has at most 10000. Choose a larger bucket or a shorter window.',
      'bucket',
    ],
  ])('refuses %s', async (_what, args, message, field) => {
    const { data, errors } = await gateway.send(Report, { tenantId: 'berlin', ...args });
    expect(data).toBeNull();
    expect(errors).toMatchObject([{ message, extensions: { code: 'VALIDATION_ERROR', field } }]);
  });

  it('says that an open window would begin in the future, and what now is', async () => {
    const { errors } = await gateway.send(Report, { tenantId: 'berlin', from: '9999-01-01T00:00:00Z' });
    const message =
      /^'from' is in the future: it is 9999-01-01T00:00:00\.000Z, and it is now 2\d{3}-\d\d-\d\dT[\d:.]+Z$/;
    expect(errors).toMatchObject([
      { message: expect.stringMatching(message), extensions: { code: 'VALIDATION_ERROR', field: 'from' } },
    ]);
    const ended = { from: '9999-01-01T00:00:00Z', to: '9999-01-02T00:00:00Z' };
    const { usage } = await gateway.ask(Report, { tenantId: 'berlin', ...ended });
    expect(usage.totals.totalCalls).toBe(0);
  });

  it('refuses a zone that does not exist, naming the argument', async () => {
    const { errors } = await gateway.send(
      '{ usage(tenantId: "berlin", timezone: "Mars/Base") { totals { totalCalls } } }',
    );
    expect(errors).toMatchObject([{ extensions: { code: 'VALIDATION_ERROR', field: 'timezone' } }]);
  });

  it('answers NOT_FOUND to a superuser for a tenant that does not exist', async () => {
    const { errors } = await gateway.send(Totals, { tenantId: 'nobody' });
    expect(errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  });

  it('orders breakdowns, groups what is missing, and names registered agents', async () => {
    await gateway.ask(CreateTenant, { input: { id: 'groups', name: 'Groups' } });
    await gateway.ask(CreateAgent, { tenantId: 'groups', input: { id: 'z', name: 'Aardvark' } });
    await gateway.ask(CreateAgent, { tenantId: 'groups', input: { id: 'idle', name: 'Idle' } });
    const call = { tenantId: 'groups', inputTokens: 1, outputTokens: 0 };
    await gateway.ask(RecordBatch, {
      inputs: [
        { ...call, agentId: 'b', costUsd: '3', provider: 'p2', model: 'm1' },
        { ...call, agentId: 'z', costUsd: '2', provider: 'p1', model: 'm1', inputTokens: 50, channelId: 'web' },
        { ...call, agentId: 'c', provider: 'p1', userId: 'u' },
        { ...call, agentId: 'c' },
        { ...call, agentId: 'c', channelId: 'unknown' },
        { ...call },
      ],
    });
    const order = async (orderBy: 'COST_DESC' | 'CALLS_DESC' | 'TOKENS_DESC' | 'NAME_ASC', first?: number) => {
      const { usage } = await gateway.ask(Breakdowns, { tenantId: 'groups', orderBy, first: first ?? null });
      return usage.byAgent.map((row) => row.agentId);
    };
    expect(await order('COST_DESC')).toEqual(['b', 'z', 'c', null]);
    expect(await order('CALLS_DESC')).toEqual(['c', 'z', 'b', null]);
    expect(await order('TOKENS_DESC')).toEqual(['z', 'c', 'b', null]);
    expect(await order('NAME_ASC')).toEqual(['z', 'b', 'c', null]);
    expect(await order('NAME_ASC', 2)).toEqual(['z', 'b']);
    const { usage } = await gateway.ask(Breakdowns, { tenantId: 'groups', orderBy: 'NAME_ASC' });
    expect(usage.byAgent[0]).toEqual({
      agentId: 'z',
      agent: { name: 'Aardvark', usage: { totalCalls: 1 } },
      stats: { totalCalls: 1 },
    });
    expect(usage.byAgent[1]?.agent).toBeNull();
    expect(usage.byChannel.map((row) => row.channelId)).toEqual(['unknown', 'web']);
    expect(usage.byUser.map((row) => row.userId)).toEqual(['u', null]);
    expect(usage.byModel).toEqual([
      { provider: 'p1', model: 'm1' },
      { provider: 'p2', model: 'm1' },
      { provider: 'p1', model: 'unknown' },
      { provider: 'unknown', model: 'unknown' },
    ]);
  });

  it.each([0, -1, 1001])('refuses first: %i', async (first) => {
    const { errors } = await gateway.send(Breakdowns, { tenantId: 'berlin', first });
    expect(errors).toMatchObject([{ extensions: { code: 'VALIDATION_ERROR', field: 'first' } }]);
  });
});
