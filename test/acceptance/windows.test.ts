import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { graphql } from './gql/gql.ts';
import { CreateAgent, CreateTenant, RecordBatch } from './operations.ts';

const Compared = graphql(`
  query Compared(
    $from: DateTime
    $to: DateTime
    $fromDate: LocalDate
    $toDate: LocalDate
    $period: Period
    $timezone: TimeZone
    $bucket: Bucket! = DAY
    $comparison: Comparison! = PREVIOUS_PERIOD
  ) {
    usage(
      tenantId: "acme"
      from: $from
      to: $to
      fromDate: $fromDate
      toDate: $toDate
      period: $period
      timezone: $timezone
      bucket: $bucket
    ) {
      totals {
        totalCalls
        errorRate
      }
      buckets {
        ts
        localStart
        stats {
          totalCalls
        }
      }
      filtersApplied {
        from
        to
        timezone
      }
      compare(to: $comparison) {
        totals {
          totalCalls
        }
        byAgent {
          agentId
          stats {
            totalCalls
          }
        }
        buckets {
          localStart
        }
        filtersApplied {
          from
          to
          timezone
        }
      }
    }
  }
`);

// Wednesday, 01:30 in Berlin.
const now = new Date('2026-04-14T23:30:00Z');

describeOnEachDatabase('windows of reports', (kind) => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway(kind, { clock: () => now });
    await gateway.ask(CreateTenant, { input: { id: 'acme', name: 'Acme', timezone: 'Europe/Berlin' } });
    await gateway.ask(CreateAgent, { tenantId: 'acme', input: { id: 'bot', name: 'Bot' } });
    const call = { tenantId: 'acme', agentId: 'bot', inputTokens: 1, outputTokens: 1 };
    await gateway.ask(RecordBatch, {
      inputs: [
        { ...call, occurredAt: '2026-04-13T22:30:00Z' },
        { ...call, occurredAt: '2026-04-14T21:59:59Z', status: 'FAILED' },
        { ...call, occurredAt: '2026-04-14T22:00:00Z' },
        { ...call, occurredAt: '2026-04-12T12:00:00Z' },
        { ...call, occurredAt: '2026-04-07T12:00:00Z' },
        { ...call, occurredAt: '2026-03-14T12:00:00Z' },
      ],
    });
  });
  afterAll(() => gateway.close());

  const ask = async (variables: object) => (await gateway.ask(Compared, variables)).usage;
  const refused = async (variables: object) => (await gateway.send(Compared, variables)).errors;

  it('are said in a word, on the clock of the tenant or of the report', async () => {
    const yesterday = await ask({ period: 'YESTERDAY' });
    expect(yesterday).toMatchObject({
      totals: { totalCalls: 2, errorRate: 0.5 },
      buckets: [{ ts: '2026-04-13T22:00:00.000Z', localStart: '2026-04-14T00:00:00', stats: { totalCalls: 2 } }],
      filtersApplied: { from: '2026-04-13T22:00:00.000Z', to: '2026-04-14T22:00:00.000Z', timezone: 'Europe/Berlin' },
    });
    const inUtc = await ask({ period: 'YESTERDAY', timezone: 'UTC' });
    expect(inUtc.totals).toEqual({ totalCalls: 1, errorRate: 0 });
    expect((await ask({ period: 'LAST_7_DAYS' })).totals.totalCalls).toBe(4);
  });

  it('are given by dates, of which the last does not belong to them', async () => {
    const { totals, filtersApplied, buckets } = await ask({ fromDate: '2026-04-12', toDate: '2026-04-15' });
    expect(totals.totalCalls).toBe(3);
    expect(filtersApplied).toMatchObject({ from: '2026-04-11T22:00:00.000Z', to: '2026-04-14T22:00:00.000Z' });
    expect(buckets.map(({ localStart }) => localStart)).toEqual([
      '2026-04-12T00:00:00',
      '2026-04-13T00:00:00',
      '2026-04-14T00:00:00',
    ]);
    expect((await ask({ fromDate: '2026-04-13', to: '2026-04-14T22:00:00Z' })).totals.totalCalls).toBe(2);
  });

  it.each(['usage(tenantId: "acme", ', 'allUsage('])('of %s do not end at the beginning of time', async (field) => {
    const askUntil = (to: string) =>
      gateway.send<unknown, object>(`{ ${field} ${to}) { buckets { ts } filtersApplied { from } } }`);
    for (const [to, name] of [
      ['to: "0001-01-01T00:00:00Z"', 'to'],
      ['toDate: "0001-01-01"', 'toDate'],
      ['toDate: "0001-01-01", timezone: "Europe/Berlin"', 'toDate'],
    ] as const) {
      const { errors } = await askUntil(to);
      expect(errors[0]).toMatchObject({
        message: `'${name}' must be after 0001-01-01T00:00:00.000Z, the beginning of time`,
        extensions: { code: 'VALIDATION_ERROR', field: name },
      });
    }
    for (const bucket of ['NONE', 'MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH'])
      for (const to of ['0001-01-01T00:00:00.001Z', '0001-01-01T00:30:00Z', '0001-01-01T23:00:00Z']) {
        const { errors } = await askUntil(`to: "${to}", bucket: ${bucket}, timezone: "Europe/Berlin"`);
        expect(errors).toEqual([]);
      }
  });

  it('have the local begin of hours and of what is no bucket', async () => {
    const hours = await ask({
      from: '2025-10-26T00:00:00Z',
      to: '2025-10-26T02:00:00Z',
      bucket: 'HOUR',
    });
    expect(hours.buckets.map(({ localStart }) => localStart)).toEqual(['2025-10-26T02:00:00', '2025-10-26T02:00:00']);
    expect((await ask({ period: 'TODAY', bucket: 'NONE' })).buckets).toMatchObject([{ ts: null, localStart: null }]);
  });

  it('are compared with the one before, in all that a report has', async () => {
    const { compare } = await ask({ fromDate: '2026-04-14', toDate: '2026-04-15' });
    expect(compare).toEqual({
      totals: { totalCalls: 0 },
      byAgent: [],
      buckets: [{ localStart: '2026-04-13T00:00:00' }],
      filtersApplied: { from: '2026-04-12T22:00:00.000Z', to: '2026-04-13T22:00:00.000Z', timezone: 'Europe/Berlin' },
    });
    const week = await ask({ fromDate: '2026-04-14', toDate: '2026-04-15', comparison: 'PREVIOUS_WEEK' });
    expect(week.compare).toMatchObject({
      totals: { totalCalls: 1 },
      byAgent: [{ agentId: 'bot', stats: { totalCalls: 1 } }],
    });
    const month = await ask({ fromDate: '2026-04-14', toDate: '2026-04-15', comparison: 'PREVIOUS_MONTH' });
    expect(month.compare.totals.totalCalls).toBe(1);
  });

  it('compare all tenants as well', async () => {
    const { data, errors } = await gateway.send(
      `{ allUsage(fromDate: "2026-04-14", toDate: "2026-04-15", timezone: "Europe/Berlin") {
        total { totalCalls }
        compare(to: PREVIOUS_WEEK) { total { totalCalls } tenants { edges { node { tenant { id } stats { totalCalls } } } } }
      } }`,
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({
      allUsage: {
        total: { totalCalls: 2 },
        compare: {
          total: { totalCalls: 1 },
          tenants: { edges: [{ node: { tenant: { id: 'acme' }, stats: { totalCalls: 1 } } }] },
        },
      },
    });
  });

  it("of each tenant have the report's buckets, or those of its own clock", async () => {
    const { data, errors } = await gateway.send(
      `{ allUsage(from: "2026-04-14T00:00:00Z", to: "2026-04-15T00:00:00Z", bucket: DAY) {
        tenants { edges { node {
          byModel { model stats { totalCalls } }
          buckets { localStart stats { totalCalls } }
          own: buckets(inTenantZone: true) { localStart stats { totalCalls } }
        } } }
      } }`,
    );
    expect(errors).toEqual([]);
    const bucket = (localStart: string, totalCalls: number) => ({ localStart, stats: { totalCalls } });
    expect(data).toEqual({
      allUsage: {
        tenants: {
          edges: [
            {
              node: {
                byModel: [{ model: 'unknown', stats: { totalCalls: 2 } }],
                buckets: [bucket('2026-04-14T00:00:00', 2)],
                own: [bucket('2026-04-14T00:00:00', 1), bucket('2026-04-15T00:00:00', 1)],
              },
            },
          ],
        },
      },
    });
  });

  it("of an agent are on its tenant's clock", async () => {
    const { data, errors } = await gateway.send(
      `{ agent(tenantId: "acme", id: "bot") {
        yesterday: usage(period: YESTERDAY) { totalCalls }
        sunday: usage(fromDate: "2026-04-12", toDate: "2026-04-13") { totalCalls }
        all: usage { totalCalls }
      } }`,
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({
      agent: { yesterday: { totalCalls: 2 }, sunday: { totalCalls: 1 }, all: { totalCalls: 6 } },
    });
  });

  it.each([
    [{ period: 'TODAY', from: '2026-04-01T00:00:00Z' }, 'period', /cannot be given together with 'from'/],
    [{ period: 'TODAY', toDate: '2026-04-01' }, 'period', /cannot be given together with 'toDate'/],
    [{ from: '2026-04-01T00:00:00Z', fromDate: '2026-04-01' }, 'fromDate', /'fromDate' and 'from' say the same thing/],
    [{ to: '2026-04-01T00:00:00Z', toDate: '2026-04-01' }, 'toDate', /'toDate' and 'to' say the same thing/],
    [{ fromDate: '2026-02-30' }, 'fromDate', /^'fromDate' must be a date like "2026-04-01"$/],
    [{ fromDate: '2026-04-02', toDate: '2026-04-02' }, 'toDate', /^'toDate' must be strictly greater than 'fromDate'$/],
    [{ fromDate: '2026-04-16' }, 'fromDate', /^'fromDate' is in the future/],
    [{ fromDate: '2026-04-02', to: '2026-04-01T00:00:00Z' }, 'to', /^'to' must be strictly greater than 'fromDate'$/],
  ])('%j are refused on %s', async (variables, field, message) => {
    expect(await refused(variables)).toMatchObject([
      { message: expect.stringMatching(message), extensions: { code: 'VALIDATION_ERROR', field } },
    ]);
  });
});
