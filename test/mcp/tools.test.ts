import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  AuditEvents,
  CreateAgent,
  CreateApiKey,
  CreateTenant,
  RecordBatch,
  StartImpersonation,
} from '../acceptance/operations.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, superuserKey, type TestGateway } from '../support/gateway.ts';
import { connectAgent, type Agent } from './agent.ts';

const window = { from: '2026-04-01T00:00:00Z', to: '2026-04-03T00:00:00Z' };
const clock = () => new Date('2026-04-15T12:00:00Z');

const callOf = (requestId: string, model: string, costUsd: string, more: object = {}) => ({
  requestId,
  provider: 'openai',
  model,
  inputTokens: 100,
  outputTokens: 20,
  costUsd,
  occurredAt: '2026-04-01T10:00:00Z',
  ...more,
});

describeOnEachDatabase('tools for agents', (kind) => {
  let gateway: TestGateway;
  const agents: Record<string, Agent> = {};
  beforeAll(async () => {
    gateway = await startTestGateway(kind, { clock });
    for (const id of ['acme', 'globex']) {
      await gateway.ask(CreateTenant, { input: { id, name: id.toUpperCase() } });
      const { createApiKey } = await gateway.ask(CreateApiKey, {
        tenantId: id,
        input: { name: 'agent', scopes: ['USAGE_READ'] },
      });
      agents[id] = await connectAgent(gateway, createApiKey.secret);
    }
    agents['superuser'] = await connectAgent(gateway);
    await gateway.ask(CreateAgent, { tenantId: 'acme', input: { id: 'a', name: 'Agent A', budgetLimitUsd: '10' } });
    const calls = [
      callOf('1', 'gpt-5', '0.25', { agentId: 'a', durationMs: 100 }),
      callOf('2', 'gpt-5', '1.5', { agentId: 'a', occurredAt: '2026-04-02T10:00:00Z', status: 'FAILED' as const }),
      callOf('3', 'gpt-4o', '0.000000000000000001'),
    ].map((input) => ({ ...input, tenantId: 'acme' }));
    const { recordUsageBatch } = await gateway.ask(RecordBatch, {
      inputs: [...calls, { ...callOf('1', 'o3', '7'), tenantId: 'globex' }],
    });
    expect(recordUsageBatch.recorded).toBe(4);
  });
  afterAll(async () => {
    await Promise.all(Object.values(agents).map((agent) => agent.close()));
    await gateway.close();
  });

  const agent = (name: string): Agent => agents[name] ?? expect.unreachable(name);

  it('reports totals and buckets, with the query that it stands for', async () => {
    const answer = await agent('acme').call('usage_report', { ...window, bucket: 'DAY' });
    expect(answer.isError).toBe(false);
    expect(answer.data).toMatchObject({
      usage: {
        tenant: { id: 'acme', name: 'ACME' },
        totals: { totalCalls: 3, failedCalls: 1, totalCostUsd: '1.750000000000000001', totalTokens: 360 },
        buckets: [
          { ts: '2026-04-01T00:00:00.000Z', stats: { totalCalls: 2, totalCostUsd: '0.250000000000000001' } },
          { ts: '2026-04-02T00:00:00.000Z', stats: { totalCalls: 1, totalCostUsd: '1.5' } },
        ],
      },
    });
    expect(answer.variables).toEqual({ ...window, bucket: 'DAY' });
    expect(JSON.parse(answer.texts[0] ?? '')).toMatchObject({ query: answer.query, data: answer.data });
    const asked = await gateway.send(answer.query, { ...answer.variables, tenantId: 'acme' });
    expect(asked.errors).toEqual([]);
    expect(asked.data).toEqual(answer.data);
  });

  it('compares with the period before only when it is asked to', async () => {
    const plain = await agent('acme').call('usage_report', { period: 'THIS_MONTH' });
    expect(plain.data).not.toHaveProperty('usage.compare');
    const compared = await agent('acme').call('usage_report', {
      from: '2026-04-02T00:00:00Z',
      to: '2026-04-03T00:00:00Z',
      compare: true,
    });
    expect(compared.data).toMatchObject({
      usage: {
        totals: { totalCalls: 1 },
        compare: { totals: { totalCalls: 2, totalCostUsd: '0.250000000000000001' } },
      },
    });
  });

  it('puts calls into groups that add up, page by page', async () => {
    const args = { ...window, by: [{ dimension: 'MODEL' }], first: 1 };
    const { data } = await agent('acme').call('usage_groups', args);
    expect(data).toMatchObject({
      usage: {
        totals: { totalCostUsd: '1.750000000000000001' },
        groups: {
          groupCount: 2,
          edges: [
            { node: { values: [{ dimension: 'MODEL', tag: null, value: 'gpt-5' }], stats: { totalCostUsd: '1.75' } } },
          ],
          others: { stats: { totalCostUsd: '0.000000000000000001' } },
          pageInfo: { hasNextPage: true },
        },
      },
    });
    const after = /"endCursor":"([^"]+)"/.exec(JSON.stringify(data))?.[1];
    const next = await agent('acme').call('usage_groups', { ...args, after });
    expect(next.data).toMatchObject({
      usage: { groups: { edges: [{ node: { values: [{ value: 'gpt-4o' }] } }], pageInfo: { hasNextPage: false } } },
    });
  });

  it('shows the buckets of groups when it is asked to', async () => {
    const by = [{ dimension: 'AGENT' }];
    const { data } = await agent('acme').call('usage_groups', {
      ...window,
      by,
      bucket: 'DAY',
      buckets: true,
      first: 1,
    });
    expect(data).toMatchObject({
      usage: {
        groups: {
          edges: [
            {
              node: { values: [{ value: 'a' }], buckets: [{ stats: { totalCalls: 1 } }, { stats: { totalCalls: 1 } }] },
            },
          ],
        },
      },
    });
  });

  it('lists calls that match, newest first', async () => {
    const { data } = await agent('acme').call('list_calls', { filters: { model: ['gpt-5'] }, minCostUsd: '0.2' });
    expect(data).toMatchObject({
      calls: {
        edges: [
          { node: { requestId: '2', status: 'FAILED', costUsd: '1.5', costSource: 'CALLER' } },
          { node: { requestId: '1', agentId: 'a', durationMs: 100, tags: {} } },
        ],
        pageInfo: { hasNextPage: false },
      },
    });
  });

  it('lists budgets with their states', async () => {
    const { data } = await agent('acme').call('list_budgets');
    expect(data).toMatchObject({
      budgets: {
        edges: [
          {
            node: {
              id: 'agent:a',
              metric: 'COST_USD',
              limit: '10',
              scope: { agentId: 'a' },
              states: { edges: [{ node: { spent: '1.75', status: 'OK', ratio: 0.175 } }] },
            },
          },
        ],
      },
    });
  });

  it('estimates the cost of a call, and records nothing', async () => {
    const input = { provider: 'openai', model: 'gpt-5', inputTokens: 1_000_000, outputTokens: 0, agentId: 'a' };
    const { data } = await agent('acme').call('estimate_cost', { input });
    const estimated = await gateway.send<{ estimateCost: { costUsd: string } }, object>(
      '{ estimateCost(tenantId: "acme", provider: "openai", model: "gpt-5", inputTokens: 1000000, outputTokens: 0) { costUsd } }',
    );
    expect(data).toMatchObject({
      previewUsage: {
        outcome: 'RECORDED',
        error: null,
        event: { costUsd: estimated.data.estimateCost.costUsd, costSource: 'CATALOGUE' },
        budgets: [{ budget: { id: 'agent:a' } }],
      },
    });
    expect((await agent('acme').call('list_calls')).data).toMatchObject({ calls: { edges: { length: 3 } } });
  });

  it("shows a tenant's key nothing of another tenant", async () => {
    const own = await agent('globex').call('usage_report', window);
    expect(own.data).toMatchObject({
      usage: { tenant: { id: 'globex' }, totals: { totalCalls: 1, totalCostUsd: '7' } },
    });
    for (const tool of ['usage_report', 'list_calls', 'list_budgets']) {
      const answer = await agent('globex').call(tool, { tenantId: 'acme' });
      expect(answer).toMatchObject({ isError: true, data: null, errors: [{ code: 'FORBIDDEN' }] });
      expect(JSON.stringify(answer)).not.toMatch(/ACME|gpt-5/);
    }
    const preview = { tenantId: 'acme', provider: 'openai', model: 'gpt-5', inputTokens: 1, outputTokens: 1 };
    const estimate = await agent('globex').call('estimate_cost', { input: preview });
    expect(JSON.stringify(estimate.data ?? estimate.errors)).toMatch(/FORBIDDEN/);
  });

  it('asks superusers which tenant they mean, and shows them any', async () => {
    expect(await agent('superuser').call('usage_report', window)).toMatchObject({
      isError: true,
      errors: [{ code: 'VALIDATION_ERROR', field: 'tenantId' }],
    });
    const { data } = await agent('superuser').call('usage_report', { ...window, tenantId: 'globex' });
    expect(data).toMatchObject({ usage: { totals: { totalCostUsd: '7' } } });
    expect(await agent('superuser').call('list_calls', { tenantId: 'nowhere' })).toMatchObject({
      errors: [{ code: 'NOT_FOUND' }],
    });
  });

  it.each([
    ['a misspelt argument', { frm: '2026-04-01T00:00:00Z' }, 'frm'],
    ['a time without an offset', { from: '2026-04-01T00:00:00' }, 'from'],
    ['a misspelt filter', { filters: { modell: ['gpt-5'] } }, 'modell'],
    ['a number for a list', { filters: { status: [1] } }, 'status'],
    ['an unknown word', { period: 'LAST_DECADE' }, 'period'],
  ])('names the argument with %s', async (_what, args, field) => {
    const answer = await agent('acme').call('usage_report', args);
    expect(answer).toMatchObject({ isError: true, data: null, errors: [{ code: 'VALIDATION_ERROR' }] });
    expect(JSON.stringify(answer.errors)).toContain(field);
    expect(answer.texts[0]).toMatch(/^VALIDATION_ERROR/);
  });

  it('audits what is asked under an impersonation', async () => {
    const { startImpersonation } = await gateway.ask(StartImpersonation, { tenantId: 'acme', reason: 'a question' });
    const acting = await connectAgent(gateway, startImpersonation.token ?? undefined);
    expect((await acting.call('usage_report', window)).data).toMatchObject({ usage: { totals: { totalCalls: 3 } } });
    await acting.close();
    const { auditEvents } = await gateway.ask(AuditEvents, { tenantId: 'acme', first: 1 }, superuserKey);
    expect(auditEvents.edges[0]?.node).toMatchObject({
      action: 'impersonation.operation',
      details: { kind: 'query', name: 'UsageReport', fields: ['usage'] },
    });
  });
});
