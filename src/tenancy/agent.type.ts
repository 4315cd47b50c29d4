import { builder } from '../graphql/builder.ts';
import { connectionType } from '../graphql/connection.ts';
import { NotFoundError } from '../values/errors.ts';
import { agentId } from '../values/identifier.ts';
import { targetTenant } from '../caller/principal.ts';
import { readable } from '../values/unreadable.ts';
import type { Agent } from './agent.entity.ts';
import { agentLoader } from './agent.loader.ts';
import { createAgent, deleteAgent, updateAgent } from './agent.service.ts';
import { tenantLoader } from './tenant.loader.ts';

export const AgentRef = builder.objectRef<Agent>('Agent').implement({
  description: 'A registered agent of a tenant. Calls may also name agents that are not registered.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Id of the agent, unique within its tenant.' }),
    tenantId: t.exposeID('tenantId', {
      description: 'Tenant of the agent. With the id it is the key of a cache of agents.',
    }),
    name: t.exposeString('name', { description: 'Display name.' }),
    budgetLimitUsd: t.expose('budgetLimitUsd', {
      type: 'Decimal',
      nullable: true,
      description: 'Monthly budget in USD; null for none.',
    }),
  }),
});

export const AgentConnection = connectionType('Agent', AgentRef);

builder.queryField('agent', (t) =>
  t.field({
    type: AgentRef,
    description: 'One agent. NOT_FOUND when the tenant has no agent with this id.',
    args: {
      id: t.arg.id({ required: true, description: 'Id of the agent.' }),
      tenantId: t.arg.id({ description: 'Tenant of the agent; your own when left out. Superusers must name it.' }),
    },
    authScopes: (_parent, args) => ({ readUsage: args.tenantId }),
    resolve: async (_parent, args, context) => {
      const tenant = targetTenant(context.principal, args.tenantId);
      const agent = await context.once(agentLoader).load({ tenantId: tenant, id: agentId(args.id, 'id') });
      if (agent) return agent;
      await context.once(tenantLoader).load(tenant);
      throw new NotFoundError(`There is no agent '${args.id}'.`, 'id');
    },
  }),
);

const CreateAgentInput = builder.inputType('CreateAgentInput', {
  description: 'A new agent.',
  fields: (t) => ({
    id: t.id({
      required: true,
      description: 'Id by which calls name the agent: 1 to 200 characters, unique within the tenant.',
    }),
    name: t.string({ required: true, description: 'Display name, 1 to 200 characters.' }),
    budgetLimitUsd: t.field({ type: 'Decimal', description: 'Monthly budget in USD. Leave it out for none.' }),
  }),
});

builder.mutationField('createAgent', (t) =>
  t.field({
    type: AgentRef,
    description: 'Registers an agent. VALIDATION_ERROR on `id` when the tenant already has an agent with this id.',
    args: {
      input: t.arg({ type: CreateAgentInput, required: true, description: 'The agent.' }),
      tenantId: t.arg.id({ description: 'Tenant of the agent; your own when left out. Superusers must name it.' }),
    },
    authScopes: (_parent, args) => ({ administer: args.tenantId }),
    resolve: async (_parent, { input, tenantId }, context) => {
      const agent = {
        tenantId: targetTenant(context.principal, tenantId),
        id: agentId(input.id, 'id'),
        name: input.name,
        budgetLimitUsd: readable(input.budgetLimitUsd, 'budgetLimitUsd') ?? null,
      };
      context.once(agentLoader).clear(agent);
      return createAgent(context.em, context.principal, agent, context.services.tenantBudgets, context.now);
    },
  }),
);

const UpdateAgentInput = builder.inputType('UpdateAgentInput', {
  description: 'Changes to an agent. Fields that are left out stay as they are.',
  fields: (t) => ({
    name: t.string({ description: 'Display name, 1 to 200 characters. Null changes nothing.' }),
    budgetLimitUsd: t.field({ type: 'Decimal', description: 'Monthly budget in USD. Null removes it.' }),
  }),
});

builder.mutationField('updateAgent', (t) =>
  t.field({
    type: AgentRef,
    description: 'Changes the name or budget of an agent. NOT_FOUND on `id` when the tenant has no agent with this id.',
    args: {
      id: t.arg.id({ required: true, description: 'Id of the agent.' }),
      input: t.arg({ type: UpdateAgentInput, required: true, description: 'The changes.' }),
      tenantId: t.arg.id({ description: 'Tenant of the agent; your own when left out. Superusers must name it.' }),
    },
    authScopes: (_parent, args) => ({ administer: args.tenantId }),
    resolve: async (_parent, { id, input, tenantId }, context) => {
      const key = { tenantId: targetTenant(context.principal, tenantId), id: agentId(id, 'id') };
      const { name, budgetLimitUsd: limit } = input;
      const change = {
        name: name ?? undefined,
        budgetLimitUsd: limit === null ? null : readable(limit, 'budgetLimitUsd'),
      };
      context.once(agentLoader).clear(key);
      return updateAgent(context.em, context.principal, key, change, context.services.tenantBudgets, context.now);
    },
  }),
);

builder.mutationField('deleteAgent', (t) =>
  t.boolean({
    description:
      'Deletes an agent and its budget. Its calls stay in the ledger and in reports, under the id of an agent that is not registered. NOT_FOUND on `id` when the tenant has no agent with this id.',
    args: {
      id: t.arg.id({ required: true, description: 'Id of the agent.' }),
      tenantId: t.arg.id({ description: 'Tenant of the agent; your own when left out. Superusers must name it.' }),
    },
    authScopes: (_parent, args) => ({ administer: args.tenantId }),
    resolve: async (_parent, { id, tenantId }, context) => {
      const key = { tenantId: targetTenant(context.principal, tenantId), id: agentId(id, 'id') };
      context.once(agentLoader).clear(key);
      await deleteAgent(context.em, context.principal, key, context.services.tenantBudgets, context.now);
      return true;
    },
  }),
);
