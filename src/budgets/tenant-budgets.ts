import type { Budget } from '../limits/budget.entity.ts';
import { changedZones, periodAt } from '../limits/budget-period.ts';
import { findBudgets, findBudgetsById, holdUpCounting } from '../limits/budget.repository.ts';
import { firstKeptHour } from '../limits/forget-hours.task.ts';
import type { AgentKey } from '../tenancy/agent.loader.ts';
import type { TenantBudgets } from '../tenancy/tenant-budgets.ts';
import { findTenants } from '../tenancy/tenant.repository.ts';
import type { AgentId } from '../values/identifier.ts';
import type { Decimal } from '../values/money.ts';
import { addBudget, changeBudget, changeClock, removeBudget } from './count-budget.ts';

const prefix = 'agent:';

/** Id of an agent's monthly budget. */
const agentBudgetId = (id: AgentId): string => `${prefix}${id}`;

/** The agent whose monthly budget has an id; undefined for other budgets. */
export const agentOfBudget = (id: string): AgentId | undefined =>
  id.startsWith(prefix) ? (id.slice(prefix.length) as AgentId) : undefined;

/** In parts of the limit. */
export const defaultThresholds: readonly string[] = ['0.8', '1'];

/**
 * A budget whose clock is that of a tenant and whose counting begins with the period that is running, or with the hours that
 * tell what is usual.
 */
export function newBudget(
  given: Omit<Budget, 'zones' | 'countsFrom' | 'createdAt'>,
  timezone: string,
  now: Date,
): Budget {
  const clocked = { ...given, zones: [{ timezone, from: null }] };
  const countsFrom = given.spikeFloor ? firstKeptHour(clocked, now) : periodAt(clocked, now).start;
  return { ...clocked, countsFrom, createdAt: now };
}

const agentBudget = ({ tenantId, id }: AgentKey, limit: Decimal, timezone: string, now: Date): Budget =>
  newBudget(
    {
      tenantId,
      id: agentBudgetId(id),
      name: `Monthly budget of ${id}`,
      scopeDimension: 'agentId',
      scopeValues: [id],
      eachDimension: null,
      metric: 'COST_USD',
      period: 'MONTH',
      action: 'NOTIFY',
      limit,
      spikeFactor: null,
      spikeFloor: null,
      thresholds: [...defaultThresholds],
    },
    timezone,
    now,
  );

/** Keeps agents' monthly limits and the clocks of tenants in budgets. */
export const tenantBudgets: TenantBudgets = {
  async hold(em, tenantId) {
    await holdUpCounting(em, tenantId);
  },

  async agentLimitChanged(em, agent, limitUsd, now) {
    const { tenantId, id } = agent;
    const [budget] = await findBudgetsById(em, tenantId, [agentBudgetId(id)]);
    if (limitUsd === null) return budget && removeBudget(em, tenantId, budget.id);
    if (budget) return changeBudget(em, { ...budget, limit: limitUsd }, now);
    const [tenant] = await findTenants(em, [tenantId]);
    await addBudget(em, agentBudget(agent, limitUsd, tenant?.timezone ?? 'UTC', now), now);
  },

  async timezoneChanged(em, tenantId, { after: timezone }, now) {
    for (const budget of await findBudgets(em, tenantId))
      await changeClock(em, budget, changedZones(budget, timezone, now), now);
  },
};
