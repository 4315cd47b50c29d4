import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Orm } from '../database/orm.ts';
import type { Principal } from './principal.ts';
import type { GatewayError } from '../values/errors.ts';

/** Tenant that a field is about; null or undefined for the caller's own. */
export type NamedTenant = string | null | undefined;

/** Scopes that a field can require of its caller. The rules are in access/scope-rules.ts. */
export interface ScopeRules {
  authenticated: boolean;
  superuser: boolean;
  /** Everything of every tenant, for reading. */
  readPlatform: boolean;
  /** Acting for a tenant as a superuser. */
  impersonator: boolean;
  /** Belonging to the tenant, in whatever role or with whatever scope. */
  belongsTo: (tenant: NamedTenant) => boolean;
  /** Reports, agents, the ledger and the tenant itself. */
  readUsage: (tenant: NamedTenant) => boolean;
  /** Recording calls; which tenant is checked call by call. */
  recordUsage: boolean;
  /** API keys, users, invitations and the audit log, for reading. */
  readAdministration: (tenant: NamedTenant) => boolean;
  /** Agents, API keys and everything else that changes a tenant. */
  administer: (tenant: NamedTenant) => boolean;
}

/** A field that the rules refuse: its type, its name, and the scopes of which the caller has none. */
export interface RefusedField {
  type: string;
  name: string;
  scopes: readonly { scope: keyof ScopeRules; tenant: NamedTenant }[];
}

/**
 * What resolvers use of what a gateway keeps for all its requests. A room that has such a thing declares it here, by
 * `declare module '../caller/request-context.ts'` beside its type; services.ts creates it.
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
  /** The error that says who may not ask for a field, and what would help. */
  refusedField(field: RefusedField): GatewayError;
  /** Creates something once per request, on first use: `context.once(usageLoader)`. */
  once<T>(make: (context: RequestContext) => T): T;
}
