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
  description: 'An agent that a tenant has registered. Calls may name agents that are not.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Unique within its tenant.' }),
    name: t.exposeString('name', { description: 'Name for people.' }),
    budgetLimitUsd: t.expose('budgetLimitUsd', {
      type: 'Decimal',
      nullable: true,
      description: 'Monthly budget in USD; null when it has none.',
    }),
  }),
});

export const AgentConnection = connectionType('Agent', AgentRef);

builder.queryField('agent', (t) =>
  t.field({
    type: AgentRef,
    description: 'One agent. NOT_FOUND when the tenant has none with the id.',
    args: {
      id: t.arg.id({ required: true, description: 'Id of the agent.' }),
      tenantId: t.arg.id({ description: 'Its tenant; required for superusers, otherwise your own.' }),
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
      description: 'The id that calls name it by: 1 to 200 characters, unique within the tenant.',
    }),
    name: t.string({ required: true, description: 'Name for people, 1 to 200 characters.' }),
    budgetLimitUsd: t.field({ type: 'Decimal', description: 'Monthly budget in USD; none when left out.' }),
  }),
});

builder.mutationField('createAgent', (t) =>
  t.field({
    type: AgentRef,
    description: 'Registers an agent. VALIDATION_ERROR on `id` when the tenant has one with that id.',
    args: {
      input: t.arg({ type: CreateAgentInput, required: true, description: 'The agent.' }),
      tenantId: t.arg.id({ description: 'Its tenant; required for superusers, otherwise your own.' }),
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
      return createAgent(context.em, context.principal, agent, context.now);
    },
  }),
);

const UpdateAgentInput = builder.inputType('UpdateAgentInput', {
  description: 'What changes of an agent; what is left out stays.',
  fields: (t) => ({
    name: t.string({ description: 'Name for people, 1 to 200 characters; null changes nothing.' }),
    budgetLimitUsd: t.field({ type: 'Decimal', description: 'Monthly budget in USD; null removes it.' }),
  }),
});

builder.mutationField('updateAgent', (t) =>
  t.field({
    type: AgentRef,
    description: 'Changes an agent, or its budget. NOT_FOUND on `id` when the tenant has none with that id.',
    args: {
      id: t.arg.id({ required: true, description: 'Id of the agent.' }),
      input: t.arg({ type: UpdateAgentInput, required: true, description: 'What changes.' }),
      tenantId: t.arg.id({ description: 'Its tenant; required for superusers, otherwise your own.' }),
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
      return updateAgent(context.em, context.principal, key, change, context.now);
    },
  }),
);

builder.mutationField('deleteAgent', (t) =>
  t.boolean({
    description:
      'Deletes an agent with its budget. Its calls stay in the ledger and in reports, as those of an agent that is not registered. NOT_FOUND on `id` when the tenant has none with that id.',
    args: {
      id: t.arg.id({ required: true, description: 'Id of the agent.' }),
      tenantId: t.arg.id({ description: 'Its tenant; required for superusers, otherwise your own.' }),
    },
    authScopes: (_parent, args) => ({ administer: args.tenantId }),
    resolve: async (_parent, { id, tenantId }, context) => {
      const key = { tenantId: targetTenant(context.principal, tenantId), id: agentId(id, 'id') };
      context.once(agentLoader).clear(key);
      await deleteAgent(context.em, context.principal, key, context.now);
      return true;
    },
  }),
);
