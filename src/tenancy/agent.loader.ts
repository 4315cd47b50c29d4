import type { Page } from '../graphql/connection.ts';
import type { AgentId, TenantId } from '../values/identifier.ts';
import { batchLoader, inOrder } from '../graphql/loader.ts';
import type { RequestContext } from '../caller/request-context.ts';
import type { Agent } from './agent.entity.ts';
import { findAgents, findBudgetedAgents, listAgents } from './agent.repository.ts';

export interface AgentKey {
  tenantId: TenantId;
  id: AgentId;
}

const textKey = ({ tenantId, id }: AgentKey) => JSON.stringify([tenantId, id]);

/** Agents by tenant and id; null where the tenant has no agent with the id. */
export const agentLoader = (context: RequestContext) =>
  batchLoader<AgentKey, Agent | null>(
    async (keys) =>
      inOrder(keys, await findAgents(context.em, keys), { keyOf: textKey, rowKey: textKey, missing: () => null }),
    textKey,
  );

/** Pages of tenants' agents. */
export const agentPageLoader = (context: RequestContext) =>
  batchLoader<{ tenantId: TenantId; page: Page<string[]> }, Agent[]>(
    (pages) => listAgents(context.em, pages),
    (key) => JSON.stringify(key),
  );

/** Agents of a tenant that have a budget, ordered by id. */
export const budgetedAgentLoader = (context: RequestContext) =>
  batchLoader<TenantId, Agent[]>(
    async (tenantIds) => {
      const byTenant = Map.groupBy(await findBudgetedAgents(context.em, tenantIds), ({ tenantId }) => tenantId);
      return tenantIds.map((id) => byTenant.get(id) ?? []);
    },
    (id) => id,
  );
