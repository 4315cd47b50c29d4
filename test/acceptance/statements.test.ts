import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { RecordBatch } from './operations.ts';

const most = 200;
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const id = (index: number) => String(index).padStart(3, '0');

const breakdowns =
  'byAgent { agent { name usage { totalCalls } } stats { totalCalls } } byProvider { provider } byModel { model } byChannel { channelId } byUser { userId }';

/** Documents that ask for `count` of something. */
const documents: [what: string, document: (count: number) => string][] = [
  [
    'agents of a tenant with their usage',
    (count) => `{ tenant(id: "000") { agents(first: ${count}) { edges { node { name usage { totalCalls } } } } } }`,
  ],
  [
    'agents by alias',
    (count) =>
      `{ ${numbers(count).map((n) => `a${n}: agent(tenantId: "000", id: "${id(n)}") { name usage(from: "2026-01-01T00:00:00Z") { totalCalls } }`)} }`,
  ],
  [
    'reports by alias, each of another tenant, window and filter',
    (count) =>
      `{ ${numbers(count).map(
        (n) =>
          `a${n}: usage(tenantId: "${id(n)}", ${n % 2 ? `from: "2026-0${1 + (n % 9)}-01T00:00:00Z", ` : ''}bucket: ${n % 3 ? 'DAY' : 'MONTH'}, filters: { agentId: ["${id(n)}"]${n % 5 ? '' : ', status: SUCCESS'} }) { tenant { name } totals { totalCalls } buckets { stats { totalCalls } } ${breakdowns} }`,
      )} }`,
  ],
  [
    'breakdowns by alias',
    (count) =>
      `{ usage(tenantId: "000") { ${numbers(count).map((n) => `a${n}: byAgent(first: ${(n % 3) + 1}) { agentId } b${n}: byModel(first: ${(n % 5) + 1}, orderBy: NAME_ASC) { model }`)} } }`,
  ],
  [
    'groups with their buckets by alias',
    (count) =>
      `{ usage(tenantId: "000", period: THIS_YEAR) { ${numbers(count).map((n) => `g${n}: groups(by: [{ dimension: MODEL }, { dimension: AGENT }], first: ${(n % 5) + 1}) { groupCount others { stats { totalCalls } } edges { node { agent { name } buckets { stats { totalCalls } } } } }`)} } }`,
  ],
  [
    'calls and lists of them by alias',
    (count) =>
      `{ ${numbers(count).map((n) => `c${n}: calls(tenantId: "${id(n)}", first: 2, orderBy: ${n % 2 ? 'COST_DESC' : 'NEWEST_FIRST'}, filters: { agentId: ["${id(n)}"] }) { edges { node { requestId tenant { name } } } }`)} }`,
  ],
  [
    'statements of months by alias',
    (count) =>
      `{ ${numbers(count).map((n) => `s${n}: statement(tenantId: "${id(n)}", month: "2026-0${1 + (n % 9)}-01") { totals { totalCalls } lines { model stats { totalCalls } } adjustments { calls } totalUsd }`)} }`,
  ],
  [
    'estimates by alias',
    (count) =>
      `{ ${numbers(count).map((n) => `e${n}: estimateCost(tenantId: "000", provider: "openai", model: "m${n}", inputTokens: ${n}, outputTokens: 1) { costUsd }`)} }`,
  ],
  [
    'public prices by alias',
    (count) =>
      `{ ${numbers(count).map((n) => `p${n}: cataloguePrices(provider: "openai", search: "gpt-${n % 7}", first: 2) { edges { node { model } } }`)} }`,
  ],
  [
    'tenants with their usage and breakdowns',
    (count) =>
      `{ allUsage(bucket: MONTH) { total { totalCalls } buckets { stats { totalCalls } } tenants(first: ${count}) { edges { node { tenant { name agents { edges { node { usage { totalCalls } } } } } stats { totalCalls } buckets { stats { totalCalls } } byAgent { agent { name } } byProvider { provider } byModel { model } } } } } }`,
  ],
  [
    'budgets of tenants by alias',
    (count) =>
      `{ ${numbers(count).map((n) => `a${n}: budgetAlerts(tenantId: "${id(n)}") { status agent { usage { totalCalls } } }`)} }`,
  ],
  [
    'calls of a batch with their tenants',
    (count) =>
      `mutation { recordUsageBatch(inputs: [${numbers(count).map((n) => `{ tenantId: "${id(n)}", requestId: "again-${count}", inputTokens: 1, outputTokens: 1 }`)}]) { results { event { tenant { name } } } } }`,
  ],
];

describeOnEachDatabase('the number of SQL statements', (kind) => {
  let gateway: TestGateway;
  let statements: string[] = [];
  const query = pg.Client.prototype.query;

  beforeAll(async () => {
    // With a clock of its own it does not ask the database what time it is.
    gateway = await startTestGateway(kind, { folding: false, clock: () => new Date() });
    const { errors } = await gateway.send(
      `mutation { ${numbers(most).map((n) => `t${n}: createTenant(input: { id: "${id(n)}", name: "Tenant ${n}" }) { id }`)}
        ${numbers(most).map((n) => `a${n}: createAgent(tenantId: "000", input: { id: "${id(n)}", name: "Agent ${n}", budgetLimitUsd: "1" }) { id }`)} }`,
    );
    expect(errors).toEqual([]);
    const call = { inputTokens: 1, outputTokens: 1, occurredAt: '2026-02-03T04:05:06Z' };
    await gateway.ask(RecordBatch, {
      inputs: [
        ...numbers(most).map((n) => ({ ...call, tenantId: id(n), agentId: id(n) })),
        ...numbers(most).map((n) => ({ ...call, tenantId: '000', agentId: id(n), model: `m${n}` })),
      ],
    });
    // Every statement of the gateway, MikroORM's and Kysely's alike, goes through the driver's client.
    pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
      const [config] = args;
      const text = typeof config === 'string' ? config : JSON.stringify(config);
      // What a new connection begins with, and the end of a transaction that was only read in, which nobody waits for.
      if (!text.startsWith('set role') && text !== 'rollback') statements.push(text);
      return Reflect.apply(query, this, args);
    } as typeof query;
  });
  afterAll(async () => {
    pg.Client.prototype.query = query;
    await gateway.close();
  });

  const count = async (document: string) => {
    statements = [];
    const { errors } = await gateway.send(document);
    expect(errors).toEqual([]);
    return statements.length;
  };

  it.each(documents)(`is the same for 2 and ${most} %s`, async (_what, document) => {
    const few = await count(document(2));
    const many = await count(document(most));
    expect(few).toBeGreaterThan(0);
    expect(many).toBe(few);
  });

  it('is five for a whole report: the tenant, the begin of its history, what it holds, what of the ledger it reads, and all else', async () => {
    const report = `{ usage(tenantId: "000") { totals { totalCalls } buckets { ts } byAgent { agentId } byProvider { provider } byModel { model } byChannel { channelId } byUser { userId } filtersApplied { from } } }`;
    expect(await count(report)).toBe(5);
    expect(
      await count('{ usage(tenantId: "000") { totals { totalCalls } buckets { ts } filtersApplied { from } } }'),
    ).toBe(4);
  });

  it('is no more with the report over the window before', async () => {
    const fields = 'totals { totalCalls } buckets { ts } byAgent { agentId }';
    const report = (more: string) => `{ usage(tenantId: "000", period: THIS_MONTH) { ${fields} ${more} } }`;
    expect(await count(report(`compare(to: PREVIOUS_MONTH) { ${fields} }`))).toBe(await count(report('')));
  });
});
