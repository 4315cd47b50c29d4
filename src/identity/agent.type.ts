import { builder } from '../platform/builder.ts';
import { connectionType } from '../platform/connection.ts';
import { NotFoundError, ValidationError } from '../platform/errors.ts';
import { agentId, identifier } from '../platform/identifier.ts';
import { usdProblem } from '../platform/money.ts';
import { targetTenant } from '../platform/principal.ts';
import { readable } from '../platform/unreadable.ts';
import type { Agent } from './agent.entity.ts';
import { agentLoader } from './agent.loader.ts';
import { insertAgent } from './agent.repository.ts';
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
      const tenant = await context.once(tenantLoader).load(targetTenant(context.principal, tenantId));
      const id = agentId(input.id, 'id');
      const budgetLimitUsd = readable(input.budgetLimitUsd, 'budgetLimitUsd');
      const problem = budgetLimitUsd && usdProblem(budgetLimitUsd);
      if (problem) throw new ValidationError(`'budgetLimitUsd' ${problem}`, 'budgetLimitUsd');
      const agent = { tenantId: tenant.id, id, name: identifier(input.name, 'name'), budgetLimitUsd };
      if (!(await insertAgent(context.em, agent))) throw new ValidationError(`The agent '${id}' exists already.`, 'id');
      const created = await context.once(agentLoader).clear(agent).load(agent);
      if (!created) throw new NotFoundError(`The agent '${id}' was deleted meanwhile.`, 'id');
      return created;
    },
  }),
);
