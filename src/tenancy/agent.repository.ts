import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Page } from '../graphql/connection.ts';
import type { AgentId, TenantId } from '../values/identifier.ts';
import { formatDecimal, type Decimal } from '../values/money.ts';
import { AgentEntity, type Agent } from './agent.entity.ts';
import { inSession, repeatably } from '../database/session.ts';

/** Agents of one or more tenants by id, in one statement. */
export async function findAgents(
  em: SqlEntityManager,
  keys: readonly { tenantId: TenantId; id: AgentId }[],
): Promise<Agent[]> {
  const records = keys.map(({ tenantId, id }) => ({ tenant_id: tenantId, agent_id: id }));
  const { rows } = await sql<Record<string, unknown>>`
    select agent.*
    from json_to_recordset(${JSON.stringify(records)}::json) as key(tenant_id text, agent_id text)
    join agent using (tenant_id, agent_id)`.execute(inSession(em));
  return rows.map((row) => em.map(AgentEntity, row));
}

/** A page of each tenant's agents by id, with one row more than the page holds, for all tenants in one statement. */
export async function listAgents(
  em: SqlEntityManager,
  pages: readonly { tenantId: TenantId; page: Page<string[]> }[],
): Promise<Agent[][]> {
  const asked = JSON.stringify(
    pages.map(({ tenantId, page }, no) => ({
      no,
      tenant_id: tenantId,
      after: page.after?.[0] ?? null,
      take: page.first + 1,
    })),
  );
  const { rows } = await sql<{ no: number; agent: Record<string, unknown> }>`
    select q.no, a.*
    from jsonb_to_recordset(${asked}::jsonb) as q(no int, tenant_id text, after text, take int)
    cross join lateral (
      select * from agent
      where agent.tenant_id = q.tenant_id and (q.after is null or agent.agent_id > q.after)
      order by agent.agent_id
      limit q.take
    ) a
    order by q.no, a.agent_id`.execute(inSession(em));
  const lists: Agent[][] = pages.map(() => []);
  for (const { no, ...row } of rows) lists[no]?.push(em.map(AgentEntity, row));
  return lists;
}

/** An agent as it is stored. */
export interface NewAgent {
  tenantId: TenantId;
  id: AgentId;
  name: string;
  /** Null for none. */
  budgetLimitUsd: Decimal | null;
}

/** Agents of tenants that have a budget, by tenant and id, in one statement. */
export async function findBudgetedAgents(em: SqlEntityManager, tenantIds: readonly TenantId[]): Promise<Agent[]> {
  return repeatably(em, () =>
    em.find(
      AgentEntity,
      { tenantId: { $in: [...tenantIds] }, budgetLimitUsd: { $ne: null } },
      { orderBy: { tenantId: 'asc', id: 'asc' }, disableIdentityMap: true },
    ),
  );
}

/** An agent, locked until the transaction ends. */
export async function lockAgent(em: SqlEntityManager, tenantId: TenantId, id: AgentId): Promise<Agent | undefined> {
  const { rows } = await sql<Record<string, unknown>>`
    select * from agent where tenant_id = ${tenantId} and agent_id = ${id} for update`.execute(inSession(em));
  return rows[0] && em.map(AgentEntity, rows[0]);
}

/** Adds an agent; false when the tenant already has one with this id. */
export async function insertAgent(
  em: SqlEntityManager,
  { tenantId, id, name, budgetLimitUsd }: NewAgent,
): Promise<boolean> {
  const result = await sql`
    insert into agent (tenant_id, agent_id, name, budget_limit_usd)
    values (${tenantId}, ${id}, ${name}, ${budgetText(budgetLimitUsd)})
    on conflict do nothing`.execute(inSession(em));
  return result.numAffectedRows === 1n;
}

/** Changes an agent that is locked. */
export async function updateAgentRow(
  em: SqlEntityManager,
  { tenantId, id, name, budgetLimitUsd }: NewAgent,
): Promise<void> {
  await sql`
    update agent set name = ${name}, budget_limit_usd = ${budgetText(budgetLimitUsd)}
    where tenant_id = ${tenantId} and agent_id = ${id}`.execute(inSession(em));
}

export async function deleteAgentRow(em: SqlEntityManager, tenantId: TenantId, id: AgentId): Promise<void> {
  await sql`delete from agent where tenant_id = ${tenantId} and agent_id = ${id}`.execute(inSession(em));
}

/** A budget in plain notation; null for none. */
export const budgetText = (limit: Decimal | null): string | null => limit && formatDecimal(limit);
