import { print } from 'graphql';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { auditOf } from './audit-of.ts';
import { graphql } from './gql/gql.ts';
import type { UpdateAgentInput } from './gql/graphql.ts';
import { CreateAgent, CreateTenant, DeleteAgent, Record as RecordCall, UpdateAgent } from './operations.ts';

const AgentWithUsage = graphql(`
  query AgentWithUsage($tenantId: ID!, $id: ID!) {
    agent(tenantId: $tenantId, id: $id) {
      name
      budgetLimitUsd
      usage {
        totalCostUsd
      }
    }
  }
`);

const ByAgent = graphql(`
  query ByAgent($tenantId: ID!) {
    usage(tenantId: $tenantId) {
      totals {
        totalCalls
      }
      byAgent {
        agentId
        agent {
          name
        }
        stats {
          totalCostUsd
        }
      }
    }
    calls(tenantId: $tenantId) {
      edges {
        node {
          agentId
        }
      }
    }
  }
`);

const actor = 'key:environment';
const id = 'bot';

describeOnEachDatabase('an agent', (kind) => {
  let gateway: TestGateway;
  let no = 0;
  let tenantId: string;
  beforeAll(async () => {
    gateway = await startTestGateway(kind);
  });
  afterAll(() => gateway.close());
  beforeEach(async () => {
    tenantId = `tenant${++no}`;
    await gateway.ask(CreateTenant, { input: { id: tenantId, name: tenantId } });
    await gateway.ask(CreateAgent, { tenantId, input: { id, name: 'Bot', budgetLimitUsd: '10.50' } });
  });

  const agent = async () => (await gateway.ask(AgentWithUsage, { tenantId, id })).agent;
  const update = async (input: UpdateAgentInput) =>
    (await gateway.ask(UpdateAgent, { tenantId, id, input })).updateAgent;
  /** What was done to the agent. */
  const acts = async () => (await auditOf(gateway, tenantId)).filter(({ action }) => action.startsWith('agent.'));
  const created = { actor, action: 'agent.create', target: id, details: { name: 'Bot', budgetLimitUsd: '10.5' } };

  it('is registered with an audit row, and one that exists is left as it is, without', async () => {
    const { errors } = await gateway.send(CreateAgent, { tenantId, input: { id, name: 'Again' } });
    expect(errors[0]?.extensions).toEqual({ code: 'VALIDATION_ERROR', field: 'id' });
    expect(await agent()).toMatchObject({ name: 'Bot', budgetLimitUsd: '10.5' });
    expect(await acts()).toEqual([created]);
  });

  it('changes its name and its budget, each by itself, and loses its budget to null', async () => {
    expect(await update({ name: 'Robot' })).toEqual({ id, name: 'Robot', budgetLimitUsd: '10.5' });
    expect(await update({ budgetLimitUsd: '0.000000000000000001' })).toEqual({
      id,
      name: 'Robot',
      budgetLimitUsd: '0.000000000000000001',
    });
    expect(await update({ budgetLimitUsd: null })).toEqual({ id, name: 'Robot', budgetLimitUsd: null });
    expect(await update({ budgetLimitUsd: '0' })).toEqual({ id, name: 'Robot', budgetLimitUsd: '0' });
    expect(await agent()).toMatchObject({ name: 'Robot', budgetLimitUsd: '0' });
    const changed = (details: object) => ({ actor, action: 'agent.update', target: id, details });
    expect(await acts()).toEqual([
      created,
      changed({ name: { old: 'Bot', new: 'Robot' } }),
      changed({ budgetLimitUsd: { old: '10.5', new: '0.000000000000000001' } }),
      changed({ budgetLimitUsd: { old: '0.000000000000000001', new: null } }),
      changed({ budgetLimitUsd: { old: null, new: '0' } }),
    ]);
  });

  it.each<[string, UpdateAgentInput]>([
    ['nothing', {}],
    ['no name', { name: null }],
    ['what it is already', { name: 'Bot', budgetLimitUsd: '10.500' }],
  ])('that is changed to %s stays, without an audit row', async (_what, input) => {
    expect(await update(input)).toEqual({ id, name: 'Bot', budgetLimitUsd: '10.5' });
    expect(await acts()).toEqual([created]);
  });

  it.each<[string, UpdateAgentInput]>([
    ['name', { name: '', budgetLimitUsd: '1' }],
    ['budgetLimitUsd', { name: 'Robot', budgetLimitUsd: '-0.01' }],
    ['budgetLimitUsd', { budgetLimitUsd: '1e3' }],
    ['budgetLimitUsd', { budgetLimitUsd: '0.0000000000000000001' }],
  ])('is not given an unfit %s', async (field, input) => {
    const { errors } = await gateway.send(UpdateAgent, { tenantId, id, input });
    expect(errors[0]?.extensions).toEqual({ code: 'VALIDATION_ERROR', field });
    expect(await agent()).toMatchObject({ name: 'Bot', budgetLimitUsd: '10.5' });
    expect(await acts()).toEqual([created]);
  });

  it.each([
    ['changed', UpdateAgent],
    ['deleted', DeleteAgent],
  ])('that does not exist is not %s, nor is one of a tenant that does not', async (_what, document) => {
    const refusal = async (variables: object) =>
      (await gateway.send(print(document), { id, input: { name: 'A' }, ...variables })).errors[0]?.extensions;
    expect(await refusal({ tenantId, id: 'nobody' })).toEqual({ code: 'NOT_FOUND', field: 'id' });
    expect(await refusal({ tenantId, id: '' })).toEqual({ code: 'VALIDATION_ERROR', field: 'id' });
    expect(await refusal({ tenantId: 'nowhere' })).toEqual({ code: 'NOT_FOUND' });
    expect(await acts()).toEqual([created]);
  });

  it('that is deleted keeps its calls in the ledger and in reports, and finds them when it comes back', async () => {
    await gateway.ask(RecordCall, {
      input: { tenantId, agentId: id, inputTokens: 1, outputTokens: 1, costUsd: '2.5' },
    });
    expect(await gateway.ask(DeleteAgent, { tenantId, id })).toEqual({ deleteAgent: true });
    expect(await gateway.ask(ByAgent, { tenantId })).toEqual({
      usage: {
        totals: { totalCalls: 1 },
        byAgent: [{ agentId: id, agent: null, stats: { totalCostUsd: '2.5' } }],
      },
      calls: { edges: [{ node: { agentId: id } }] },
    });
    const gone = await gateway.send(AgentWithUsage, { tenantId, id });
    expect(gone.errors[0]?.extensions).toEqual({ code: 'NOT_FOUND', field: 'id' });
    const again = await gateway.send(DeleteAgent, { tenantId, id });
    expect(again.errors[0]?.extensions).toEqual({ code: 'NOT_FOUND', field: 'id' });
    expect(await acts()).toEqual([created, { ...created, action: 'agent.delete' }]);

    await gateway.ask(CreateAgent, { tenantId, input: { id, name: 'Bot again' } });
    expect(await agent()).toEqual({ name: 'Bot again', budgetLimitUsd: null, usage: { totalCostUsd: '2.5' } });
  });

  it('of another tenant with the same id is not touched', async () => {
    const other = `${tenantId}-other`;
    await gateway.ask(CreateTenant, { input: { id: other, name: other } });
    await gateway.ask(CreateAgent, { tenantId: other, input: { id, name: 'Other' } });
    await update({ name: 'Robot' });
    await gateway.ask(DeleteAgent, { tenantId, id });
    const { agent } = await gateway.ask(AgentWithUsage, { tenantId: other, id });
    expect(agent).toMatchObject({ name: 'Other' });
  });
});
