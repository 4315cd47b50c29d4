import { afterAll, beforeAll, expect, it } from 'vitest';
import { compareBudgets } from '../../src/budgets/reconcile-budgets.repository.ts';
import { operator } from '../../src/caller/principal.ts';
import { forgetSome, keepSummaries } from '../../src/retention/retention.service.ts';
import { optionalLevels } from '../../src/rollup/levels.ts';
import { giveLevels, weigh } from '../../src/rollup/weigh.service.ts';
import type { TenantId } from '../../src/values/identifier.ts';
import { CreateTenant, Reconcile, RecordBatch, UpdateTenant } from '../acceptance/operations.ts';
import { foldAll } from '../reporting/folded.ts';
import { dayMs, hourMs } from '../reporting/intl-clock.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { Big } from 'big.js';
import { readCharges } from '../../src/transfer/focus/export-focus.ts';
import { reconcileInvoice } from '../../src/transfer/invoice/reconcile-invoice.ts';
import { exported } from '../transfer/export/exported.ts';

const now = new Date('2026-07-15T12:00:00Z');
const [april, june] = ['2026-04-01T00:00:00.000Z', '2026-06-01T00:00:00.000Z'] as const;
const begin = Date.UTC(2026, 0, 1);

/** Three calls a day of 150 days from 2026 on. */
const callsOf = (tenantId: string) =>
  Array.from({ length: 450 }, (_, no) => ({
    tenantId,
    requestId: `call-${no}`,
    occurredAt: new Date(begin + no * 8 * hourMs + 600_000).toISOString(),
    agentId: `agent-${no % 2}`,
    userId: `user-${no % 2}`,
    inputTokens: 1,
    outputTokens: 1,
    costUsd: '1',
  }));
const countIn = (from: string, to: string, agent?: number) =>
  callsOf('').filter(
    ({ occurredAt }, no) =>
      occurredAt >= new Date(from).toISOString() &&
      occurredAt < new Date(to).toISOString() &&
      (agent === undefined || no % 2 === agent),
  ).length;

describeOnEachDatabase('what stays of calls that left the ledger', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway(kind, { clock: () => now, folding: false });
  });
  afterAll(() => gateway?.close());

  const em = () => gateway.database.orm.em.fork();
  async function record(id: string, timezone = 'UTC') {
    await gateway.ask(CreateTenant, { input: { id, name: id, timezone } });
    await gateway.ask(RecordBatch, { inputs: callsOf(id) });
    await foldAll(gateway.database.orm);
  }
  async function leave(id: string, date: string) {
    const due = { tenantId: id as TenantId, horizon: new Date(date), isKept: false };
    await keepSummaries(em(), operator, due, now);
    while ((await forgetSome(em(), due.tenantId)) > 0);
  }
  const ask = async (document: string) => {
    const { data, errors } = await gateway.send<Record<string, object>, object>(document);
    return errors[0] ? [errors[0].extensions.code, errors[0].message] : data;
  };
  const differences = async () => (await gateway.ask(Reconcile, { first: 5 })).reconcile.differences;

  it('is on the clock that the tenant had at the time, and on its new one from the horizon on', async () => {
    const id = 'moving';
    await record(id, 'Asia/Kathmandu');
    await giveLevels(em(), id as TenantId, async () => optionalLevels.map(({ code }) => code));
    await leave(id, april);
    await gateway.ask(UpdateTenant, { id, input: { timezone: 'America/St_Johns' } });
    await weigh(em(), id as TenantId);
    const ofAgent = (zone: string, fromDate: string, toDate: string, filters = 'filters: { agentId: "agent-1" }') =>
      ask(
        `{ usage(tenantId: "${id}", fromDate: "${fromDate}", toDate: "${toDate}", timezone: "${zone}", bucket: DAY, ${filters}) { totals { totalCalls } buckets { stats { totalCalls } } filtersApplied { from to } } }`,
      );
    const answered = (from: string, to: string) =>
      expect.objectContaining({
        usage: expect.objectContaining({ totals: { totalCalls: countIn(from, to, 1) }, filtersApplied: { from, to } }),
      });
    const refused = ['BEYOND_RETENTION', expect.stringContaining('whole days')];
    const [kathmandu, johns] = ['Asia/Kathmandu', 'America/St_Johns'];
    const early = ['2026-02-01', '2026-03-10'] as const;
    expect(await ofAgent(kathmandu, ...early)).toEqual(
      answered('2026-01-31T18:15:00.000Z', '2026-03-09T18:15:00.000Z'),
    );
    expect(await ofAgent(johns, ...early)).toEqual(refused);
    // Days of the ledger are told by its calls in any zone, and what stayed ends with its horizon.
    expect(await ofAgent(kathmandu, '2026-03-20', '2026-04-10')).toEqual(
      answered('2026-03-19T18:15:00.000Z', '2026-04-09T18:15:00.000Z'),
    );
    await leave(id, june);
    const late = ['2026-04-10', '2026-05-20'] as const;
    expect(await ofAgent(johns, ...late)).toEqual(answered('2026-04-10T02:30:00.000Z', '2026-05-20T02:30:00.000Z'));
    expect(await ofAgent(kathmandu, ...late)).toEqual(refused);
    expect(await ofAgent(kathmandu, ...early)).toEqual(
      answered('2026-01-31T18:15:00.000Z', '2026-03-09T18:15:00.000Z'),
    );
    // By time alone a clock of whole hours is told by hours.
    const tokyo = await ofAgent('Asia/Tokyo', '2026-02-01', '2026-05-01', '');
    const [from, to] = ['2026-01-31T15:00:00.000Z', '2026-04-30T15:00:00.000Z'];
    expect(tokyo).toMatchObject({ usage: { totals: { totalCalls: countIn(from, to) }, filtersApplied: { from, to } } });
    expect(await differences()).toEqual([]);
  });

  it('answers reports over all tenants, or is refused with the latest of their horizons', async () => {
    await record('one');
    await record('two');
    await leave('one', april);
    await leave('two', june);
    const all = (from: string, more = '') =>
      ask(`{ allUsage(from: "${from}", to: "2026-07-01T00:00:00Z"${more}) { total { totalCalls } } }`);
    const exact = async (from: string) => {
      const { usage, others } = (await ask(
        `{ usage(tenantId: "moving", from: "${from}", to: "2026-07-01T00:00:00Z") { totals { totalCalls } }
           others: usage(tenantId: "one", from: "${from}", to: "2026-07-01T00:00:00Z") { totals { totalCalls } } }`,
      )) as Record<string, { totals: { totalCalls: number } }>;
      return {
        allUsage: { total: { totalCalls: (usage?.totals.totalCalls ?? 0) + 2 * (others?.totals.totalCalls ?? 0) } },
      };
    };
    for (const from of ['2026-02-03T00:00:00Z', '2026-05-03T05:00:00Z', june])
      expect(await all(from)).toEqual(await exact(from));
    expect(await all('2026-02-03T00:00:00Z', ', filters: { agentId: "agent-1" }')).toEqual({
      allUsage: { total: { totalCalls: 3 * countIn('2026-02-03', '2026-07-01', 1) } },
    });
    expect(await all('2026-02-03T00:05:00Z')).toEqual(['BEYOND_RETENTION', expect.stringContaining(june)]);
    expect(await all('2026-06-03T00:05:00Z')).toEqual(await exact('2026-06-03T00:05:00Z'));
  });

  it('is what budgets are counted by that come later, and their numbers stay', async () => {
    await record('budgets');
    const create = async (name: string, more: string) =>
      expect(
        await ask(
          `mutation { createBudget(tenantId: "budgets", input: { name: "${name}", metric: CALLS, limit: "1000", ${more} }) { name } }`,
        ),
      ).toEqual({ createBudget: { name } });
    const states = () =>
      ask('{ budgets(tenantId: "budgets") { edges { node { name states { edges { node { value spent } } } } } } }');
    await create('Before', 'period: TOTAL');
    await create('Year', 'period: YEAR, scope: { each: { dimension: USER } }');
    const before = await states();
    const byUser = {
      edges: [0, 1].map((no) => ({ node: { value: `user-${no}`, spent: '225' } })),
    };
    await leave('budgets', april);
    expect(await states()).toEqual(before);
    expect(await compareBudgets(em(), 'budgets' as TenantId, now)).toEqual([]);
    await create('Total', 'period: TOTAL, scope: { agentId: "agent-1" }');
    await create('Each', 'period: YEAR, scope: { each: { dimension: USER } }');
    const after = JSON.stringify(await states());
    expect(after).toContain(JSON.stringify({ name: 'Each', states: byUser }));
    expect(after).toContain(
      JSON.stringify({ name: 'Total', states: { edges: [{ node: { value: null, spent: '225' } }] } }),
    );
  });

  it('lets budgets of what it does not tell go on, by the calls of the ledger', async () => {
    const recorder = 'cli-free';
    await record('projected');
    await ask(
      `mutation { createBudget(tenantId: "projected", input: { name: "${recorder}", metric: CALLS, limit: "1000", period: YEAR, scope: { each: { dimension: RECORDED_BY } } }) { id } }`,
    );
    const projected = () =>
      ask('{ budgets(tenantId: "projected") { edges { node { states { edges { node { spent projected } } } } } } }');
    const before = await projected();
    expect(JSON.stringify(before)).toContain('"spent":"450"');
    await leave('projected', april);
    expect(await projected()).toEqual(before);
  });

  it('refuses what it does not tell, and answers the rest of a request', async () => {
    await record('both');
    await leave('both', april);
    const report = (filters: string) =>
      `usage(tenantId: "both", from: "2026-02-01T00:00:00Z", filters: ${filters}) { totals { totalCalls } }`;
    const { errors } = await gateway.send<object, object>(
      `{ a: ${report('{}')} b: ${report('{ botId: "bot" }')} c: ${report('{ agentId: "agent-1" }')} }`,
    );
    expect(errors.map(({ path, extensions }) => [path?.[0], extensions.code])).toEqual([['b', 'BEYOND_RETENTION']]);
  });

  it('is not exported as calls', async () => {
    await record('exported');
    await leave('exported', april);
    const { orm } = gateway.database;
    const lines = (text: Buffer) => text.toString().trim().split('\n').length;
    const options = { tenant: 'exported', format: 'ndjson', to: '2026-07-01T00:00:00Z' } as const;
    expect(lines(await exported(orm, options))).toBe(countIn(april, '2026-07-01'));
    await expect(exported(orm, { ...options, from: '2026-02-01T00:00:00Z' })).rejects.toMatchObject({
      code: 'BEYOND_RETENTION',
    });
    expect(lines(await exported(orm, { ...options, from: april }))).toBe(countIn(april, '2026-07-01'));
  });

  it('is neither exported as charges nor compared with a bill', async () => {
    await record('billed');
    await leave('billed', april);
    const em = gateway.database.orm.em.fork();
    const tenants = [{ id: 'billed' as TenantId, name: 'Billed' }];
    const cost = async (from: string | undefined) => {
      let sum = new Big(0);
      const window = { from: from === undefined ? undefined : new Date(from), to: new Date('2026-07-01T00:00:00Z') };
      for await (const charges of readCharges(em, window, tenants))
        for (const { costUsd } of charges) sum = sum.plus(costUsd);
      return sum.toNumber();
    };
    expect(await cost(undefined)).toBe(countIn(april, '2026-07-01'));
    expect(await cost(april)).toBe(countIn(april, '2026-07-01'));
    await expect(cost('2026-02-01T00:00:00Z')).rejects.toMatchObject({ code: 'BEYOND_RETENTION' });
    const compare = (day: string) =>
      reconcileInvoice(em, {
        provider: 'openai',
        tenants: ['billed' as TenantId],
        bill: [{ dayMs: Date.parse(day), model: 'gpt-5', usd: new Big(1), roundedByUsd: new Big('0.01') }],
      });
    await expect(compare('2026-03-31')).rejects.toMatchObject({ code: 'BEYOND_RETENTION' });
    expect(await compare('2026-04-01')).toHaveLength(1);
  });

  it('is the same whatever levels the ledger has later', async () => {
    const id = 'levels' as TenantId;
    await record(id);
    await leave(id, april);
    const codes = optionalLevels.map(({ code }) => code);
    const reports = () =>
      ask(
        `{ usage(tenantId: "levels", from: "2026-01-01T00:00:00Z", bucket: DAY, filters: { agentId: "agent-1" }) { buckets { stats { totalCalls } } byUser { userId stats { totalCalls totalCostUsd } } } }`,
      );
    const byAgent = () =>
      ask(
        `{ usage(tenantId: "levels", from: "2026-01-01T00:00:00Z", bucket: MONTH) { buckets { stats { totalCalls } } byAgent { agentId stats { totalCalls inputTokens { p50 } } } } }`,
      );
    const before = [await reports(), await byAgent()];
    expect(before).toMatchObject([['BEYOND_RETENTION', expect.any(String)], { usage: {} }]);
    for (const levels of [codes, [], codes.filter((code) => code.startsWith('AGENT'))]) {
      await giveLevels(em(), id, async () => levels);
      expect([await reports(), await byAgent()]).toEqual(before);
      expect(await differences()).toEqual([]);
    }
    expect(countIn('2026-01-01', april)).toBe(3 * ((Date.parse(april) - begin) / dayMs));
  });
});
