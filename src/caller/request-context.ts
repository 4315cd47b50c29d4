import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Orm } from '../database/orm.ts';
import type { Principal } from './principal.ts';

/** Tenant that a field is about; null or undefined for the caller's own. */
export type NamedTenant = string | null | undefined;

/** What may be asked of a caller, as scopes on fields. The rules stand in access/scope-rules.ts. */
export interface ScopeRules {
  authenticated: boolean;
  superuser: boolean;
  /** Acting for a tenant as a superuser. */
  impersonator: boolean;
  /** Reports, agents, the ledger and the tenant itself. */
  readUsage: (tenant: NamedTenant) => boolean;
  /** Recording calls; which tenant is checked call by call. */
  recordUsage: boolean;
  /** API keys, users, invitations and the audit log, for reading. */
  readAdministration: (tenant: NamedTenant) => boolean;
  /** Agents, API keys and everything else that changes a tenant. */
  administer: (tenant: NamedTenant) => boolean;
}

/**
 * What resolvers use of what a gateway keeps for all its requests. A room that has such a thing declares it here, by
 * `declare module '../caller/request-context.ts'` beside its type; services.ts makes it.
 */
export interface RequestServices {
  readonly orm: Orm;
}

export interface RequestContext {
  readonly em: SqlEntityManager;
  /** The request's one clock reading. */
  readonly now: Date;
  readonly principal: Principal;
  readonly scopes: ScopeRules;
  readonly services: RequestServices;
  /** Makes a thing once per request, on first use: `context.once(usageLoader)`. */
  once<T>(make: (context: RequestContext) => T): T;
}
