import { readFileSync } from 'node:fs';
import { Big } from 'big.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { foldAll } from '../reporting/folded.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { rowOf } from '../support/row-of-tenant.ts';
import { graphql } from './gql/gql.ts';
import {
  CloseStatement,
  CreateApiKey,
  CreateTenant,
  DeleteTenant,
  RecordBatch,
  SetPrice,
  StatementOf,
  UpdateTenant,
  Void,
} from './operations.ts';

const ReportOfMonth = graphql(`
  query ReportOfMonth($tenantId: ID, $from: DateTime, $to: DateTime) {
    usage(tenantId: $tenantId, from: $from, to: $to, bucket: NONE) {
      totals {
        ...EveryStat
      }
      byModel {
        provider
        model
        stats {
          ...EveryStat
        }
      }
    }
  }
`);

const RepriceAll = graphql(`
  mutation RepriceAll($tenantId: ID) {
    repriceUsage(
      tenantId: $tenantId
      from: "2026-01-01T00:00:00Z"
      to: "2026-04-01T00:00:00Z"
      scope: ALL_BUT_CALLER
      reason: "a better price"
      dryRun: false
    ) {
      calls
    }
  }
`);

const ActsOf = graphql(`
  query ActsOf($tenantId: ID) {
    auditEvents(tenantId: $tenantId) {
      edges {
        node {
          action
          target
          details
        }
      }
    }
  }
`);

describeOnEachDatabase('a closed month', (kind) => {
  let gateway: TestGateway;
  let now: Date;
  let adminKey: string;
  beforeAll(async () => void (gateway = await startTestGateway(kind, { folding: false, clock: () => now })));
  afterAll(() => gateway?.close());

  const call = (tenantId: string, requestId: string, occurredAt: string, more: object = {}) => ({
    tenantId,
    requestId,
    occurredAt,
    provider: 'acme-ai',
    model: 'small',
    inputTokens: 1000,
    outputTokens: 10,
    costUsd: '0.25',
    ...more,
  });
  const record = async (...inputs: object[]) => {
    const { recordUsageBatch } = await gateway.ask(RecordBatch, { inputs: inputs as never });
    expect(recordUsageBatch.rejected).toBe(0);
  };
  const statement = async (tenantId: string, month: string, key?: string) =>
    (await gateway.ask(StatementOf, { tenantId, month }, key)).statement;
  const close = async (tenantId: string, month: string, key?: string) =>
    (await gateway.ask(CloseStatement, { tenantId, month }, key)).closeStatement;
  const report = async (tenantId: string, window: { from?: string; to?: string } = {}) =>
    (await gateway.ask(ReportOfMonth, { tenantId, ...window })).usage;
  /** Fails unless the statements of some months add up to the report of all time. */
  const expectSum = async (tenantId: string, months: readonly string[]) => {
    const statements = await Promise.all(months.map((month) => statement(tenantId, month)));
    const { totals } = await report(tenantId);
    const calls = statements.reduce(
      (sum, { totals, adjustments }) => adjustments.reduce((sum, { calls }) => sum + calls, sum + totals.totalCalls),
      0,
    );
    const usd = statements.reduce((sum, { totalUsd }) => sum.plus(totalUsd), new Big(0)).toFixed();
    expect({ calls, usd }).toEqual({ calls: totals.totalCalls, usd: totals.totalCostUsd });
  };

  beforeAll(async () => {
    now = new Date('2026-03-10T12:00:00Z');
    await gateway.ask(CreateTenant, { input: { id: 'acme', name: 'Acme', timezone: 'Europe/Berlin' } });
    await record(
      call('acme', 'january', '2026-01-15T10:00:00Z', { durationMs: 1200, units: { web_searches: 2 } }),
      call('acme', 'wrong', '2026-01-16T10:00:00Z'),
      call('acme', 'growing', '2026-01-17T10:00:00Z', { replaces: true }),
      call('acme', 'unpriced', '2026-01-18T10:00:00Z', { model: 'large', costUsd: undefined, status: 'FAILED' }),
      // In February in Berlin, and in January by UTC.
      call('acme', 'new-month', '2026-01-31T23:30:00Z', { costUsd: '1.5' }),
      call('acme', 'february', '2026-02-10T10:00:00Z', { costUsd: '2' }),
      call('acme', 'march', '2026-03-02T10:00:00Z', { costUsd: '4' }),
    );
    await foldAll(gateway.database.orm);
  });

  const months = ['2026-01-01', '2026-02-01', '2026-03-01', '2026-04-01'];

  it('is the report of the month while it is open', async () => {
    const window = { from: '2025-12-31T23:00:00.000Z', to: '2026-01-31T23:00:00.000Z' };
    const { byModel, totals } = await report('acme', window);
    expect(totals).toMatchObject({ totalCalls: 4, totalCostUsd: '0.75', unpricedCalls: 1 });
    expect(await statement('acme', '2026-01-20')).toEqual({
      tenant: { id: 'acme' },
      month: '2026-01-01',
      ...window,
      closedAt: null,
      totals,
      lines: byModel,
      adjustments: [],
      adjustedUsd: '0',
      totalUsd: '0.75',
    });
    expect(await statement('acme', '2026-02-01')).toMatchObject({ totals: { totalCalls: 2 }, totalUsd: '3.5' });
    await expectSum('acme', months);
  });

  it('can be closed once it has ended, and stays as it is', async () => {
    const { errors } = await gateway.send(CloseStatement, { tenantId: 'acme', month: '2026-03-01' });
    expect(errors).toMatchObject([{ extensions: { code: 'VALIDATION_ERROR', field: 'month' } }]);
    expect(errors[0]?.message).toContain("The month 2026-03 of 'acme' lasts until 2026-03-31T22:00:00.000Z");

    const open = await statement('acme', '2026-01-01');
    const closed = await close('acme', '2026-01-01');
    expect(closed).toEqual({ ...open, closedAt: now.toISOString() });
    now = new Date('2026-03-11T12:00:00Z');
    expect(await close('acme', '2026-01-31')).toEqual(closed);
    expect(await statement('acme', '2026-01-01')).toEqual(closed);
    const { auditEvents } = await gateway.ask(ActsOf, { tenantId: 'acme' });
    const closing = auditEvents.edges.filter(({ node }) => node.action === 'statement.close');
    expect(closing.map(({ node }) => node)).toEqual([
      {
        action: 'statement.close',
        target: '2026-01-01',
        details: { from: closed.from, to: closed.to, calls: 4, adjustments: 0, totalUsd: '0.75' },
      },
    ]);
  });

  it('leaves what changes later to the month in which it happens', async () => {
    const closed = await statement('acme', '2026-01-01');
    now = new Date('2026-03-12T08:00:00Z');
    await record(
      call('acme', 'late', '2026-01-20T10:00:00Z', { costUsd: '0.125', model: 'tiny' }),
      call('acme', 'late-too', '2026-01-21T10:00:00Z', { costUsd: '0.5', model: 'tiny' }),
      call('acme', 'growing', '2026-01-17T10:00:00Z', { outputTokens: 20, costUsd: '0.75', replaces: true }),
      // The same again is none.
      call('acme', 'january', '2026-01-15T10:00:00Z', { durationMs: 1200, units: { web_searches: 2 } }),
    );
    now = new Date('2026-03-12T09:00:00Z');
    await gateway.ask(Void, { tenantId: 'acme', requestId: 'wrong', reason: 'counted twice' });
    await gateway.ask(Void, { tenantId: 'acme', requestId: 'wrong', reason: 'again' });
    // Nothing is noted of a month that is open.
    await gateway.ask(Void, { tenantId: 'acme', requestId: 'february', reason: 'counted twice' });
    await gateway.ask(SetPrice, {
      tenantId: 'acme',
      input: {
        provider: 'acme-ai',
        model: 'large',
        effectiveFrom: '2026-01-01T00:00:00Z',
        inputUsdPerMillion: '3000',
        outputUsdPerMillion: '0',
      },
    });
    expect((await gateway.ask(RepriceAll, { tenantId: 'acme' })).repriceUsage.calls).toBe(1);

    expect(await statement('acme', '2026-01-01')).toEqual(closed);
    const march = await statement('acme', '2026-03-01');
    const of = { month: '2026-01-01', provider: 'acme-ai' };
    expect(march.adjustments).toEqual([
      { ...of, model: 'large', reason: 'repricing', at: '2026-03-12T09:00:00.000Z', calls: 0, costUsd: '3' },
      { ...of, model: 'small', reason: 'replaced', at: '2026-03-12T08:00:00.000Z', calls: 0, costUsd: '0.5' },
      { ...of, model: 'small', reason: 'void', at: '2026-03-12T09:00:00.000Z', calls: -1, costUsd: '-0.25' },
      { ...of, model: 'tiny', reason: 'late calls', at: '2026-03-12T08:00:00.000Z', calls: 2, costUsd: '0.625' },
    ]);
    expect(march).toMatchObject({ totals: { totalCostUsd: '4' }, adjustedUsd: '3.875', totalUsd: '7.875' });
    expect(await statement('acme', '2026-02-01')).toMatchObject({ adjustments: [], totalUsd: '1.5' });
    await expectSum('acme', months);
    await foldAll(gateway.database.orm);
    await expectSum('acme', months);
  });

  it('keeps adjustments in the statement that was closed with them', async () => {
    const open = await statement('acme', '2026-03-01');
    now = new Date('2026-04-05T08:00:00Z');
    // February is still open: months can be closed in any order.
    const closed = await close('acme', '2026-03-01');
    expect(closed).toEqual({ ...open, closedAt: now.toISOString() });
    await gateway.ask(Void, { tenantId: 'acme', requestId: 'late', reason: 'not ours' });
    await gateway.ask(Void, { tenantId: 'acme', requestId: 'march', reason: 'not ours' });
    expect(await statement('acme', '2026-03-01')).toEqual(closed);
    const april = await statement('acme', '2026-04-01');
    expect(april.adjustments).toMatchObject([
      { month: '2026-01-01', model: 'tiny', reason: 'void', calls: -1, costUsd: '-0.125' },
      { month: '2026-03-01', model: 'small', reason: 'void', calls: -1, costUsd: '-4' },
    ]);
    expect(april.totalUsd).toBe('-4.125');
    await close('acme', '2026-02-01');
    await expectSum('acme', months);
  });

  it('keeps its borders when the tenant gets another time zone, and leaves no call out', async () => {
    now = new Date('2026-04-06T08:00:00Z');
    await gateway.ask(UpdateTenant, { id: 'acme', input: { timezone: 'America/New_York' } });
    await record(
      // Each in the hours between the months of the two clocks.
      call('acme', 'border-1', '2026-04-01T02:00:00Z', { costUsd: '16' }),
      call('acme', 'border-2', '2026-01-31T23:10:00Z', { costUsd: '32' }),
    );
    const borders = await Promise.all([...months, '2026-05-01'].map((month) => statement('acme', month)));
    expect(borders.map(({ from, to }) => [from, to])).toEqual([
      ['2025-12-31T23:00:00.000Z', '2026-01-31T23:00:00.000Z'],
      ['2026-01-31T23:00:00.000Z', '2026-02-28T23:00:00.000Z'],
      ['2026-02-28T23:00:00.000Z', '2026-03-31T22:00:00.000Z'],
      // The running month ends by the clock that it began with, the next one by the new clock.
      ['2026-03-31T22:00:00.000Z', '2026-04-30T22:00:00.000Z'],
      ['2026-04-30T22:00:00.000Z', '2026-06-01T04:00:00.000Z'],
    ]);
    expect(borders[3]?.totals.totalCostUsd).toBe('16');
    expect(borders[3]?.adjustments.map(({ month, costUsd }) => [month, costUsd])).toContainEqual(['2026-02-01', '32']);
    await expectSum('acme', [...months, '2026-05-01']);
  });

  it('is closed by who administers the tenant, and read by who reads its reports', async () => {
    now = new Date('2026-04-07T08:00:00Z');
    await record(call('initech', 'one', '2026-03-02T10:00:00Z'));
    const keyOf = async (input: object) =>
      (await gateway.ask(CreateApiKey, { tenantId: 'initech', input: { name: 'key', ...input } as never })).createApiKey
        .secret;
    const [admin, member] = [await keyOf({ role: 'TENANT_ADMIN' }), await keyOf({ role: 'TENANT_MEMBER' })];
    adminKey = admin;
    const { errors } = await gateway.send(CloseStatement, { month: '2026-03-01' }, member);
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    const closed = (await gateway.ask(CloseStatement, { month: '2026-03-01' }, admin)).closeStatement;
    expect(closed).toMatchObject({ tenant: { id: 'initech' }, totalUsd: '0.25' });
    const void1 = await gateway.ask(Void, { requestId: 'one', reason: 'twice' } as never, admin);
    expect(void1.voidUsage).toBeTruthy();
    expect((await gateway.ask(StatementOf, { month: '2026-03-01' }, member)).statement).toEqual(closed);
    const { statement: april } = await gateway.ask(StatementOf, { month: '2026-04-01' }, member);
    expect(april.adjustments).toMatchObject([{ reason: 'void', calls: -1, costUsd: '-0.25' }]);
    const foreign = await gateway.send(StatementOf, { tenantId: 'acme', month: '2026-03-01' }, member);
    expect(foreign.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });

  it('leaves what happened before it was closed, and was noted after, to the next open month', async () => {
    await record(call('slow', 'one', '2026-01-10T10:00:00Z'));
    now = new Date('2026-04-01T00:00:00Z');
    for (const month of ['2026-01-01', '2026-02-01', '2026-03-01']) await close('slow', month);
    // A clock that is behind, as that of an act which began before.
    now = new Date('2026-03-31T23:59:59Z');
    await record(call('slow', 'late', '2026-01-11T10:00:00Z'));
    now = new Date('2026-02-28T12:00:00Z');
    await record(call('slow', 'later', '2026-02-11T10:00:00Z'));
    now = new Date('2026-05-02T00:00:00Z');
    expect((await statement('slow', '2026-03-01')).adjustments).toEqual([]);
    const april = await statement('slow', '2026-04-01');
    expect(april.adjustments).toMatchObject([
      { month: '2026-01-01', reason: 'late calls', calls: 1, costUsd: '0.25' },
      { month: '2026-02-01', reason: 'late calls', calls: 1, costUsd: '0.25' },
    ]);
    await expectSum('slow', [...months, '2026-05-01']);
    expect(await close('slow', '2026-04-01')).toEqual({ ...april, closedAt: now.toISOString() });
    await expectSum('slow', [...months, '2026-05-01']);
  });

  it('is open while its close was interrupted, and is closed by the next one', async () => {
    await record(call('cut', 'one', '2026-01-10T10:00:00Z'));
    const em = gateway.database.orm.em.fork();
    await em.execute(
      `insert into closed_month (tenant_id, month, from_at, to_at) values ('cut', '2026-01-01', '2026-01-01Z', '2026-02-01Z')`,
    );
    await em.execute(`update rollup_mark set budget_revision = 'turned' where tenant_id = 'cut'`);
    await record(call('cut', 'two', '2026-01-11T10:00:00Z'));
    expect(await statement('cut', '2026-01-01')).toMatchObject({ closedAt: null, totalUsd: '0.5' });
    expect((await statement('cut', '2026-05-01')).adjustments).toEqual([]);
    expect(await close('cut', '2026-01-01')).toMatchObject({ closedAt: now.toISOString(), totalUsd: '0.5' });
    await record(call('cut', 'three', '2026-01-12T10:00:00Z'));
    expect((await statement('cut', '2026-05-01')).adjustments).toMatchObject([{ calls: 1, costUsd: '0.25' }]);
    await expectSum('cut', [...months, '2026-05-01']);
  });

  it('is asked for as the documentation shows', async () => {
    const page = readFileSync(new URL('../../docs/statements.md', import.meta.url), 'utf8');
    const shown = [...page.matchAll(/```graphql\n([^]*?)```/g)].map(([, block = '']) => block);
    const answers = await Promise.all(shown.map((document) => gateway.send(document, {}, adminKey)));
    expect(answers.map(({ errors }) => errors)).toEqual([[]]);
  });

  it('without calls is zero, at any time', async () => {
    await gateway.ask(CreateTenant, { input: { id: 'empty', name: 'Empty' } });
    for (const month of ['0001-01-01', '2026-03-15', '9999-12-31'])
      expect(await statement('empty', month)).toMatchObject({ totals: { totalCalls: 0 }, lines: [], totalUsd: '0' });
    expect(await close('empty', '2026-03-15')).toMatchObject({ totals: { totalCalls: 0 }, lines: [], totalUsd: '0' });
    // Nothing is stated, so that nothing keeps the tenant.
    await gateway.ask(DeleteTenant, { id: 'empty' });
    const { errors } = await gateway.send(StatementOf, { tenantId: 'empty', month: '2026-03-15' });
    expect(errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  });

  it.each(['statement_line', 'statement_adjustment'])('keeps its tenant by a %s, as calls do', async (table) => {
    const id = table.replaceAll('_', '-');
    await gateway.ask(CreateTenant, { input: { id, name: id } });
    await gateway.database.orm.em.fork().execute(rowOf[table]?.(id) ?? '');
    const { errors } = await gateway.send(DeleteTenant, { id });
    expect(errors).toMatchObject([{ extensions: { code: 'VALIDATION_ERROR', field: 'id' } }]);
  });
});
