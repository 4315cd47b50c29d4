import { v7 as uuidv7 } from 'uuid';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { audited } from '../audit/audited.ts';
import { changedFields } from '../audit/changed-fields.ts';
import type { Principal } from '../caller/principal.ts';
import type { Budget } from '../limits/budget.entity.ts';
import { findBudgetsById, holdUpCounting } from '../limits/budget.repository.ts';
import { lockAgent, updateAgentRow } from '../tenancy/agent.repository.ts';
import { findTenants } from '../tenancy/tenant.repository.ts';
import { noTenant } from '../tenancy/tenant.service.ts';
import { NotFoundError, ValidationError } from '../values/errors.ts';
import { identifier, type TenantId } from '../values/identifier.ts';
import { formatDecimal, type Decimal } from '../values/money.ts';
import type { Scope } from './budget-scope.ts';
import { addBudget, changeBudget, removeBudget } from './count-budget.ts';
import { checkAmount, readWatched, type Spike } from './spike.ts';
import { agentOfBudget, defaultThresholds, newBudget } from './tenant-budgets.ts';

export interface NewBudget extends Scope, Pick<Budget, 'name' | 'metric' | 'period' | 'action'> {
  /** One of both. */
  limit: Decimal | undefined;
  spike: Spike | undefined;
  thresholds: readonly number[] | undefined;
}

/** What of a budget can be changed; what is undefined stays. */
export interface BudgetChange {
  name: string | undefined;
  limit: Decimal | undefined;
  thresholds: readonly number[] | undefined;
  action: Budget['action'] | undefined;
}

/**
 * @throws {ValidationError} on `name`, `limit`, `spike` and its fields, `thresholds` and `action`.
 * @throws {NotFoundError} when there is no such tenant.
 */
export async function createBudget(
  em: SqlEntityManager,
  principal: Principal,
  tenantId: TenantId,
  { limit, spike, thresholds, ...given }: NewBudget,
  now: Date,
): Promise<Budget> {
  identifier(given.name, 'name');
  const watched = readWatched(limit, spike);
  if (spike) checkSpikeOnly({ thresholds, action: given.action });
  const parts = thresholds ? readThresholds(thresholds) : spike ? [] : [...defaultThresholds];
  return audited(em, principal, now, async (em) => {
    const held = await holdUpCounting(em, tenantId);
    const [tenant] = held ? await findTenants(em, [tenantId]) : [];
    if (!tenant) throw noTenant(tenantId);
    const budget = newBudget({ ...given, ...watched, tenantId, id: uuidv7(), thresholds: parts }, tenant.timezone, now);
    await addBudget(em, budget, now);
    return { result: budget, act: { action: 'budget.create', tenantId, target: budget.id, details: fieldsOf(budget) } };
  });
}

/**
 * Changes the given fields of a budget. The limit of an agent's monthly budget is that of the agent as well.
 * @throws {ValidationError} on `name`, `limit`, `thresholds` and `action`.
 * @throws {NotFoundError} on `id`.
 */
export async function updateBudget(
  em: SqlEntityManager,
  principal: Principal,
  { tenantId, id }: { tenantId: TenantId; id: string },
  change: BudgetChange,
  now: Date,
): Promise<Budget> {
  if (change.name !== undefined) identifier(change.name, 'name');
  if (change.limit) checkAmount(change.limit, 'limit');
  return audited(em, principal, now, async (em) => {
    const budget = await findHeld(em, tenantId, id);
    if (budget.spikeFloor) checkSpikeOnly(change);
    const after: Budget = {
      ...budget,
      name: change.name ?? budget.name,
      limit: change.limit ?? budget.limit,
      action: change.action ?? budget.action,
      thresholds: change.thresholds ? readThresholds(change.thresholds) : budget.thresholds,
    };
    const details = changedFields(fieldsOf(budget), fieldsOf(after));
    if (!details) return { result: budget, act: undefined };
    await changeBudget(em, after, now);
    if (details['limit']) await mirror(em, after, after.limit ?? null);
    return { result: after, act: { action: 'budget.update', tenantId, target: id, details } };
  });
}

/** Deletes a budget with its events. Calls stay. @throws {NotFoundError} on `id`. */
export async function deleteBudget(
  em: SqlEntityManager,
  principal: Principal,
  { tenantId, id }: { tenantId: TenantId; id: string },
  now: Date,
): Promise<void> {
  return audited(em, principal, now, async (em) => {
    const budget = await findHeld(em, tenantId, id);
    await removeBudget(em, tenantId, id);
    await mirror(em, budget, null);
    return { result: undefined, act: { action: 'budget.delete', tenantId, target: id, details: fieldsOf(budget) } };
  });
}

async function findHeld(em: SqlEntityManager, tenantId: TenantId, id: string): Promise<Budget> {
  if (!(await holdUpCounting(em, tenantId))) throw noTenant(tenantId);
  const [budget] = await findBudgetsById(em, tenantId, [id]);
  if (!budget) throw new NotFoundError(`There is no budget '${id}'.`, 'id');
  return budget;
}

/** Gives the agent of a monthly budget its limit. */
async function mirror(em: SqlEntityManager, { tenantId, id }: Budget, limit: Decimal | null): Promise<void> {
  const agentId = agentOfBudget(id);
  const agent = agentId && (await lockAgent(em, tenantId, agentId));
  if (agent) await updateAgentRow(em, { tenantId, id: agent.id, name: agent.name, budgetLimitUsd: limit });
}

/** @throws {ValidationError} on what a budget that watches for spikes cannot have. */
function checkSpikeOnly({ limit, thresholds, action }: Partial<BudgetChange>): void {
  if (limit) throw new ValidationError('This budget watches for spikes. Create another one with a limit.', 'limit');
  if (thresholds)
    throw new ValidationError(
      "A budget that watches for spikes has no 'thresholds', which are parts of a limit",
      'thresholds',
    );
  if (action === 'BLOCK')
    throw new ValidationError('A budget that watches for spikes cannot BLOCK; only a limit can', 'action');
}

const mostThresholds = 10;

function readThresholds(given: readonly number[]): string[] {
  const distinct = [...new Set(given)].toSorted((a, b) => a - b);
  if (distinct.length === 0 || distinct.length > mostThresholds)
    throw new ValidationError(
      `A budget has 1 to ${mostThresholds} thresholds; leave them out for 0.8 and 1`,
      'thresholds',
    );
  if (!distinct.every((part) => part >= 0.001 && part <= 100))
    throw new ValidationError("'thresholds' are parts of the limit from 0.001 to 100, such as 0.8", 'thresholds');
  return distinct.map(String);
}

const shownAmount = (amount: Decimal | null | undefined) => (amount ? formatDecimal(amount) : null);

const fieldsOf = (budget: Budget) => ({
  name: budget.name,
  scope: budget.scopeDimension ? `${budget.scopeDimension}: ${budget.scopeValues.join(', ')}` : null,
  each: budget.eachDimension ?? null,
  metric: budget.metric,
  period: budget.period,
  limit: shownAmount(budget.limit),
  factor: shownAmount(budget.spikeFactor),
  floor: shownAmount(budget.spikeFloor),
  thresholds: budget.thresholds.join(', '),
  action: budget.action,
});
