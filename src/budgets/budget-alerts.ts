import { Big } from 'big.js';
import type { Agent } from '../tenancy/agent.entity.ts';
import { budgetedAgentLoader } from '../tenancy/agent.loader.ts';
import type { Tenant } from '../tenancy/tenant.entity.ts';
import type { Decimal } from '../values/money.ts';
import type { RequestContext } from '../caller/request-context.ts';
import { bucketStart } from '../reporting/calendar/bucket-borders.ts';
import { loadGroups } from '../reporting/usage.loader.ts';
import { cost } from '../rollup/measures.ts';
import { readWindow } from '../reporting/window.ts';
import { budgetState, type BudgetState } from './budget-state.ts';

export interface BudgetAlert extends BudgetState {
  agent: Agent;
  budgetLimitUsd: Decimal;
  /** Cost of the calendar month so far, in the tenant's time zone. */
  currentUsd: Decimal;
}

/** Every agent of the month is needed: the largest `limit` that SQL takes here. */
const everyAgent = 2 ** 31 - 1;

const nothing = new Big(0);

/** State of the budgets of a tenant's agents, the highest ratio first, equal ratios by the agent's id. */
export async function loadBudgetAlerts(context: RequestContext, tenant: Tenant): Promise<BudgetAlert[]> {
  const { to } = readWindow({}, context.now);
  const from = bucketStart(context.now, 'MONTH', tenant.timezone);
  const [agents, rows] = await Promise.all([
    context.once(budgetedAgentLoader).load(tenant.id),
    loadGroups(
      context,
      { tenantId: tenant.id, from, to, filters: {} },
      ['agentId'],
      { first: everyAgent, orderBy: 'COST_DESC' },
      [cost.column],
    ),
  ]);
  const spent = new Map(rows.map(({ keys: [agentId], stats }) => [agentId, stats.usd(cost)]));
  const alerts = agents.flatMap((agent) => {
    const { id, budgetLimitUsd } = agent;
    const currentUsd = spent.get(id) ?? nothing;
    return budgetLimitUsd ? [{ agent, budgetLimitUsd, currentUsd, ...budgetState(budgetLimitUsd, currentUsd) }] : [];
  });
  // Agents come ordered by id, and the sort is stable.
  return alerts.toSorted((a, b) => b.ratio - a.ratio);
}
