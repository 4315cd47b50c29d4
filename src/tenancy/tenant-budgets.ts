import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { TenantId } from '../values/identifier.ts';
import type { Decimal } from '../values/money.ts';
import type { AgentKey } from './agent.loader.ts';

/** What changes of tenants and agents mean to their budgets, in the transaction of the change. */
export interface TenantBudgets {
  /** Lets nobody count calls of a tenant until the transaction ends. To be called before anything else is locked. */
  hold(em: SqlEntityManager, tenantId: TenantId): Promise<void>;
  /** Gives an agent's monthly budget another limit; null for none. The tenant is held. */
  agentLimitChanged(em: SqlEntityManager, agent: AgentKey, limitUsd: Decimal | null, now: Date): Promise<void>;
  /** Lets budgets follow another clock from their next period on. The tenant is held. */
  timezoneChanged(
    em: SqlEntityManager,
    tenantId: TenantId,
    timezone: { before: string; after: string },
    now: Date,
  ): Promise<void>;
}

declare module '../caller/request-context.ts' {
  interface RequestServices {
    readonly tenantBudgets: TenantBudgets;
  }
}
