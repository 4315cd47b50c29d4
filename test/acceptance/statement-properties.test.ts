import { Big } from 'big.js';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runs } from '../reporting/property-options.ts';
import { foldAll } from '../reporting/folded.ts';
import { createTestDatabase, describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import type { WholeStatementFragment } from './gql/graphql.ts';
import { graphql } from './gql/gql.ts';
import { CloseStatement, CreateTenant, RecordBatch, SetPrice, StatementOf, UpdateTenant, Void } from './operations.ts';

const ModelsOf = graphql(`
  query ModelsOf($tenantId: ID, $from: DateTime, $to: DateTime) {
    usage(tenantId: $tenantId, from: $from, to: $to, bucket: NONE) {
      totals {
        totalCalls
        totalCostUsd
      }
      byModel {
        model
        stats {
          totalCalls
          totalCostUsd
        }
      }
    }
  }
`);

const RepriceWindow = graphql(`
  mutation RepriceWindow($tenantId: ID, $from: DateTime!, $to: DateTime!) {
    repriceUsage(tenantId: $tenantId, from: $from, to: $to, scope: ALL_BUT_CALLER, reason: "anew", dryRun: false) {
      calls
    }
  }
`);

const dayMs = 86_400_000;
const begin = Date.parse('2026-01-01T00:00:00Z');
const zones = ['UTC', 'Europe/Berlin', 'Pacific/Apia', 'America/St_Johns', 'Asia/Kathmandu'];

/** The months from before the first call until after an instant. */
const monthsUntil = (at: Date) =>
  Array.from({ length: (at.getUTCFullYear() - 2026) * 12 + at.getUTCMonth() + 5 }, (_, no) =>
    new Date(Date.UTC(2025, 10 + no, 1)).toISOString().slice(0, 10),
  );

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const newCall = fc.record({
  at: fc.oneof(
    place.map((share) => ({ share })),
    // Close to the borders of months, where clocks differ.
    fc.record({ month: fc.nat(7), hours: fc.integer({ min: -15, max: 15 }) }),
  ),
  model: fc.constantFrom('priced', 'given', 'without price'),
  cost: fc.integer({ min: 1, max: 1_000_000 }),
});
const act = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('record' as const), calls: fc.array(newCall, { maxLength: 8 }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('void' as const), which: place }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('replace' as const), which: place, with: newCall }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reprice' as const), usd: fc.integer({ min: 1, max: 999 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('close' as const), monthsAgo: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('move' as const), timezone: fc.constantFrom(...zones) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), days: fc.integer({ min: 0, max: 40 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fold' as const) }) },
);
type NewCall = typeof newCall extends fc.Arbitrary<infer T> ? T : never;

describeOnEachDatabase('statements', (kind) => {
  let gateway: TestGateway;
  let now = new Date(begin);
  let tenants = 0;
  /** A second one on the same database, where that can have two. */
  let other: TestGateway;
  beforeAll(async () => {
    const options = { folding: false, clock: () => now };
    const database = await createTestDatabase(kind);
    gateway = await startTestGateway(kind, { ...options, database });
    other =
      kind === 'embedded'
        ? gateway
        : await startTestGateway(kind, { ...options, database: { ...database, drop: async () => {} } });
  });
  afterAll(async () => {
    if (other !== gateway) await other?.close();
    await gateway?.close();
  });

  const statement = async (tenantId: string, month: string) =>
    (await gateway.ask(StatementOf, { tenantId, month })).statement;

  function inputOf(tenantId: string, requestId: string, { at, model, cost }: NewCall, outputTokens = 1) {
    const instant =
      'share' in at
        ? begin + at.share * (now.getTime() - begin)
        : Math.min(Date.UTC(2026, at.month, 1) + at.hours * 3_600_000, now.getTime());
    const costUsd = model === 'given' ? `0.${String(cost).padStart(9, '0')}` : null;
    const occurredAt = new Date(instant).toISOString();
    return { tenantId, requestId, occurredAt, provider: 'acme-ai', model, costUsd, inputTokens: cost, outputTokens };
  }

  /** The month of now, or one before. */
  const monthBefore = (count: number) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - count, 1)).toISOString().slice(0, 10);

  /** Closes a month that has ended, and is refused another one. */
  async function close(tenantId: string, month: string, closed: Map<string, WholeStatementFragment>) {
    const open = await statement(tenantId, month);
    const { data, errors } = await gateway.send(CloseStatement, { tenantId, month });
    const hasEnded = now.toISOString() >= open.to;
    expect(errors.map(({ extensions }) => extensions.field)).toEqual(hasEnded ? [] : ['month']);
    const expected = closed.get(month) ?? { ...open, closedAt: now.toISOString() };
    expect(data?.closeStatement).toEqual(hasEnded ? expected : undefined);
    if (hasEnded) closed.set(month, expected);
  }

  /** A tenant's life, and the statements that were closed in it as they were answered then. */
  async function live(tenantId: string, acts: readonly (typeof act extends fc.Arbitrary<infer T> ? T : never)[]) {
    const closed = new Map<string, WholeStatementFragment>();
    let recorded = 0;
    let turn = 0;
    const record = async (inputs: object[]) => {
      const { recordUsageBatch } = await gateway.ask(RecordBatch, { inputs: inputs as never });
      expect(recordUsageBatch.rejected).toBe(0);
    };
    for (const one of acts) {
      now = new Date(now.getTime() + 1000);
      turn++;
      const which = 'which' in one ? `call-${Math.floor(one.which * recorded)}` : '';
      if (one.do === 'record') await record(one.calls.map((call) => inputOf(tenantId, `call-${recorded++}`, call)));
      else if (one.do === 'void' && recorded > 0)
        await gateway.ask(Void, { tenantId, requestId: which, reason: 'wrong' });
      else if (one.do === 'replace' && recorded > 0)
        await record([{ ...inputOf(tenantId, which, one.with, 1 + turn), replaces: true }]);
      else if (one.do === 'reprice') {
        const input = {
          provider: 'acme-ai',
          model: 'priced',
          // Each from a moment later on, and before all calls.
          effectiveFrom: new Date(Date.UTC(2025, 0, 1) + turn).toISOString(),
          inputUsdPerMillion: `0.${one.usd}`,
          outputUsdPerMillion: '1',
        };
        await gateway.ask(SetPrice, { tenantId, input: input as never });
        await gateway.ask(RepriceWindow, { tenantId, from: '2025-12-01T00:00:00Z', to: now.toISOString() });
      } else if (one.do === 'close') await close(tenantId, monthBefore(one.monthsAgo), closed);
      else if (one.do === 'move') await gateway.ask(UpdateTenant, { id: tenantId, input: { timezone: one.timezone } });
      else if (one.do === 'wait') now = new Date(now.getTime() + one.days * dayMs);
      else if (one.do === 'fold') await foldAll(gateway.database.orm);
    }
    return closed;
  }

  interface Counted {
    calls: number;
    usd: string;
  }
  const sum = (of: readonly { calls: number; usd: string }[]): Counted => ({
    calls: of.reduce((calls, one) => calls + one.calls, 0),
    usd: of.reduce((usd, one) => usd.plus(one.usd), new Big(0)).toFixed(),
  });
  const stats = ({ totalCalls, totalCostUsd }: { totalCalls: number; totalCostUsd: string }) => ({
    calls: totalCalls,
    usd: totalCostUsd,
  });

  it('add up to the report, and stay as they were closed, whatever happens', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...zones),
        fc.array(act, { minLength: 20, maxLength: 50, size: 'max' }),
        async (timezone, acts) => {
          const tenantId = `tenant-${tenants++}`;
          now = new Date(begin + 40 * dayMs);
          await gateway.ask(CreateTenant, { input: { id: tenantId, name: tenantId, timezone } });
          const closed = await live(tenantId, acts);

          const statements = await Promise.all(monthsUntil(now).map((month) => statement(tenantId, month)));
          for (const one of statements) {
            expect(one).toEqual(closed.get(one.month) ?? { ...one, closedAt: null });
            const lines = one.lines.map((line) => stats(line.stats));
            expect(sum(lines)).toEqual(stats(one.totals));
            const costs = [one.totals.totalCostUsd, ...one.adjustments.map(({ costUsd }) => costUsd)];
            expect(costs.reduce((usd, cost) => usd.plus(cost), new Big(0)).toFixed()).toBe(one.totalUsd);
          }
          // Months follow each other without a gap.
          expect(statements.slice(1).map(({ from }) => from)).toEqual(statements.slice(0, -1).map(({ to }) => to));

          const changes = statements.flatMap(({ adjustments }) => adjustments);
          const { usage } = await gateway.ask(ModelsOf, { tenantId });
          const all = [
            ...statements.map(({ totals }) => stats(totals)),
            ...changes.map(({ calls, costUsd }) => ({ calls, usd: costUsd })),
          ];
          expect(sum(all)).toEqual(stats(usage.totals));
          expect(statements.reduce((usd, { totalUsd }) => usd.plus(totalUsd), new Big(0)).toFixed()).toBe(
            usage.totals.totalCostUsd,
          );

          // Each closed month and what changed of it is the report of the month, by model.
          for (const { month, from, to, lines } of closed.values()) {
            const { usage: ofMonth } = await gateway.ask(ModelsOf, { tenantId, from, to });
            const of = (model: string) =>
              sum([
                ...lines.filter((line) => line.model === model).map((line) => stats(line.stats)),
                ...changes
                  .filter((change) => change.month === month && change.model === model)
                  .map(({ calls, costUsd }) => ({ calls, usd: costUsd })),
              ]);
            for (const model of ['priced', 'given', 'without price']) {
              const now = ofMonth.byModel.find((one) => one.model === model);
              expect({ month, model, ...of(model) }).toEqual({ month, model, ...(now ? stats(now.stats) : sum([])) });
            }
          }
        },
      ),
      runs(15),
    );
  });

  it('add up when a month is closed amid many who change it, through several gateways', async () => {
    now = new Date('2026-03-01T00:00:00Z');
    const tenantId = 'busy';
    await gateway.ask(CreateTenant, { input: { id: tenantId, name: tenantId } });
    const input = (requestId: string, outputTokens: number) => ({
      tenantId,
      requestId,
      occurredAt: '2026-01-15T00:00:00Z',
      provider: 'acme-ai',
      model: 'given',
      costUsd: `0.00${outputTokens}`,
      inputTokens: 1,
      outputTokens,
      replaces: true,
    });
    const client = async (no: number) => {
      const asked = no % 2 === 0 ? gateway : other;
      for (let turn = 0; turn < 30; turn++) {
        const requestId = `${no}-${turn}`;
        await asked.ask(RecordBatch, { inputs: [input(requestId, 1)] });
        if (turn % 3 === 1) await asked.ask(RecordBatch, { inputs: [input(requestId, 2)] });
        if (turn % 3 === 2) await asked.ask(Void, { tenantId, requestId, reason: 'wrong' });
        if (turn % 10 === 5 && no < 2)
          await asked.ask(CloseStatement, { tenantId, month: no === 0 ? '2026-01-01' : '2026-02-01' });
      }
    };
    await Promise.all([0, 1, 2, 3, 4, 5].map(client));
    const { usage } = await gateway.ask(ModelsOf, { tenantId });
    const statements = await Promise.all(
      ['2026-01-01', '2026-02-01', '2026-03-01'].map((of) => statement(tenantId, of)),
    );
    expect(statements.map(({ closedAt }) => closedAt !== null)).toEqual([true, true, false]);
    const changes = statements.flatMap(({ adjustments }) => adjustments);
    expect(changes.length).toBeGreaterThan(0);
    const all = [
      ...statements.map(({ totals }) => stats(totals)),
      ...changes.map(({ calls, costUsd }) => ({ calls, usd: costUsd })),
    ];
    expect(sum(all)).toEqual(stats(usage.totals));
    expect(usage.totals.totalCalls).toBe(120);
  });
});
