import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Page } from '../platform/connection.ts';
import type { AgentId, TenantId } from '../platform/identifier.ts';
import { formatDecimal, type Decimal } from '../platform/money.ts';
import { AgentEntity, type Agent } from './agent.entity.ts';
import { inSession } from '../platform/session.ts';

/** Agents of one or more tenants by id, in one statement. */
export async function findAgents(
  em: SqlEntityManager,
  keys: readonly { tenantId: TenantId; id: AgentId }[],
): Promise<Agent[]> {
  return em.find(AgentEntity, keys.length === 0 ? [] : keys.map(({ tenantId, id }) => [tenantId, id]));
}

/** A page of the agents of each tenant by id, one more than the page holds, all tenants in one statement. */
export async function listAgents(
  em: SqlEntityManager,
  pages: readonly { tenantId: TenantId; page: Page<string[]> }[],
): Promise<Agent[][]> {
  const questions = JSON.stringify(
    pages.map(({ tenantId, page }, no) => ({
      no,
      tenant_id: tenantId,
      after: page.after?.[0] ?? null,
      take: page.first + 1,
    })),
  );
  const { rows } = await sql<{ no: number; agent: Record<string, unknown> }>`
    select q.no, a.*
    from jsonb_to_recordset(${questions}::jsonb) as q(no int, tenant_id text, after text, take int)
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

/** Adds an agent; false when the tenant has one with this id. */
export async function insertAgent(
  em: SqlEntityManager,
  agent: { tenantId: TenantId; id: AgentId; name: string; budgetLimitUsd: Decimal | undefined },
): Promise<boolean> {
  const { tenantId, id, name, budgetLimitUsd } = agent;
  const result = await sql`
    insert into agent (tenant_id, agent_id, name, budget_limit_usd)
    values (${tenantId}, ${id}, ${name}, ${budgetLimitUsd ? formatDecimal(budgetLimitUsd) : null})
    on conflict do nothing`.execute(inSession(em));
  return result.numAffectedRows === 1n;
}
