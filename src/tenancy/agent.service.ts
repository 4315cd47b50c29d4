import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { audited } from '../audit/audited.ts';
import { changedFields } from '../audit/changed-fields.ts';
import { NotFoundError, ValidationError } from '../values/errors.ts';
import { identifier } from '../values/identifier.ts';
import { amountProblem, type Decimal } from '../values/money.ts';
import type { Principal } from '../caller/principal.ts';
import type { Agent } from './agent.entity.ts';
import type { AgentKey } from './agent.loader.ts';
import {
  budgetText,
  deleteAgentRow,
  insertAgent,
  lockAgent,
  updateAgentRow,
  type NewAgent,
} from './agent.repository.ts';
import type { TenantBudgets } from './tenant-budgets.ts';
import { findTenants } from './tenant.repository.ts';
import { addToTenant, noTenant } from './tenant.service.ts';

/**
 * @throws {ValidationError} on `name`, on `budgetLimitUsd`, and on `id` when the tenant already has such an agent.
 * @throws {NotFoundError} when there is no such tenant.
 */
export async function createAgent(
  em: SqlEntityManager,
  principal: Principal,
  agent: NewAgent,
  budgets: TenantBudgets,
  now: Date,
): Promise<Agent> {
  const { tenantId, id, budgetLimitUsd } = agent;
  checkFields(agent);
  return addToTenant(tenantId, () =>
    audited(em, principal, now, async (em) => {
      if (budgetLimitUsd) await budgets.hold(em, tenantId);
      const created = (await insertAgent(em, agent)) ? await lockAgent(em, tenantId, id) : undefined;
      if (!created) throw new ValidationError(`The agent '${id}' exists already.`, 'id');
      if (budgetLimitUsd) await budgets.agentLimitChanged(em, { tenantId, id }, budgetLimitUsd, now);
      return { result: created, act: { action: 'agent.create', tenantId, target: id, details: fieldsOf(agent) } };
    }),
  );
}

/**
 * Changes the given fields of an agent. A budget of null removes it.
 * @throws {ValidationError} on `name` and `budgetLimitUsd`.
 * @throws {NotFoundError} on `id`.
 */
export async function updateAgent(
  em: SqlEntityManager,
  principal: Principal,
  { tenantId, id }: AgentKey,
  change: { name: string | undefined; budgetLimitUsd: Decimal | null | undefined },
  budgets: TenantBudgets,
  now: Date,
): Promise<Agent> {
  checkFields(change);
  return audited(em, principal, now, async (em) => {
    if (change.budgetLimitUsd !== undefined) await budgets.hold(em, tenantId);
    const agent = await findLocked(em, { tenantId, id });
    const { name, budgetLimitUsd = null } = agent;
    const after = {
      name: change.name ?? name,
      budgetLimitUsd: change.budgetLimitUsd === undefined ? budgetLimitUsd : change.budgetLimitUsd,
    };
    const details = changedFields(fieldsOf({ name, budgetLimitUsd }), fieldsOf(after));
    if (!details) return { result: agent, act: undefined };
    await updateAgentRow(em, { tenantId, id, ...after });
    if (details['budgetLimitUsd']) await budgets.agentLimitChanged(em, { tenantId, id }, after.budgetLimitUsd, now);
    return { result: { ...agent, ...after }, act: { action: 'agent.update', tenantId, target: id, details } };
  });
}

/** Deletes an agent; its calls stay. @throws {NotFoundError} on `id`. */
export async function deleteAgent(
  em: SqlEntityManager,
  principal: Principal,
  { tenantId, id }: AgentKey,
  budgets: TenantBudgets,
  now: Date,
): Promise<void> {
  return audited(em, principal, now, async (em) => {
    await budgets.hold(em, tenantId);
    const { name, budgetLimitUsd = null } = await findLocked(em, { tenantId, id });
    await deleteAgentRow(em, tenantId, id);
    if (budgetLimitUsd) await budgets.agentLimitChanged(em, { tenantId, id }, null, now);
    const details = fieldsOf({ name, budgetLimitUsd });
    return { result: undefined, act: { action: 'agent.delete', tenantId, target: id, details } };
  });
}

async function findLocked(em: SqlEntityManager, { tenantId, id }: AgentKey): Promise<Agent> {
  const agent = await lockAgent(em, tenantId, id);
  if (agent) return agent;
  if ((await findTenants(em, [tenantId])).length === 0) throw noTenant(tenantId);
  throw new NotFoundError(`There is no agent '${id}'.`, 'id');
}

function checkFields({
  name,
  budgetLimitUsd,
}: {
  name: string | undefined;
  budgetLimitUsd: Decimal | null | undefined;
}): void {
  if (name !== undefined) identifier(name, 'name');
  const problem = budgetLimitUsd && amountProblem(budgetLimitUsd);
  if (problem) throw new ValidationError(`'budgetLimitUsd' ${problem}`, 'budgetLimitUsd');
}

const fieldsOf = ({ name, budgetLimitUsd }: { name: string; budgetLimitUsd: Decimal | null }) => ({
  name,
  budgetLimitUsd: budgetText(budgetLimitUsd),
});
