import SchemaBuilder from '@pothos/core';
import ScopeAuthPlugin, { AuthScopeFailureType, type AuthFailure } from '@pothos/plugin-scope-auth';
import type { Decimal } from '../values/money.ts';
import type { NamedTenant, RefusedField, RequestContext, ScopeRules } from '../caller/request-context.ts';
import type { LocalDate } from '../values/local-date.ts';
import type { Tags } from '../values/tags.ts';
import type { Units } from '../values/units.ts';
import type { Unreadable } from '../values/unreadable.ts';

/** The one schema builder. It defines no types; each room defines the types of its data. */
export const builder = new SchemaBuilder<{
  Context: RequestContext;
  DefaultFieldNullability: false;
  AuthScopes: {
    authenticated: boolean;
    superuser: boolean;
    readPlatform: boolean;
    impersonator: boolean;
    belongsTo: NamedTenant;
    readUsage: NamedTenant;
    recordUsage: boolean;
    readAdministration: NamedTenant;
    administer: NamedTenant;
  };
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date | Unreadable; Output: Date };
    Decimal: { Input: Decimal | Unreadable; Output: Decimal };
    SafeInt: { Input: number; Output: number | bigint };
    TimeZone: { Input: string | Unreadable; Output: string };
    LocalDate: { Input: LocalDate | Unreadable; Output: LocalDate };
    LocalDateTime: { Input: never; Output: string };
    Tags: { Input: Record<string, unknown>; Output: Tags };
    Units: { Input: Record<string, unknown>; Output: Units };
    JSONObject: { Input: Record<string, unknown>; Output: Record<string, unknown> };
  };
}>({
  plugins: [ScopeAuthPlugin],
  defaultFieldNullability: false,
  scopeAuth: {
    authScopes: (context) => context.scopes,
    authorizeOnSubscribe: true,
    unauthorizedError: (_parent, context, { parentType, fieldName }, { failure }) =>
      context.refusedField({ type: parentType.name, name: fieldName, scopes: missing(failure, context.scopes) }),
  },
});

/** The scopes that a caller lacks, any of which would do. */
function missing(failure: AuthFailure, rules: ScopeRules): RefusedField['scopes'] {
  if ('failures' in failure) return failure.failures.flatMap((one) => missing(one, rules));
  if (failure.kind !== AuthScopeFailureType.AuthScope || !isScope(failure.scope, rules)) return [];
  return [{ scope: failure.scope, tenant: typeof failure.parameter === 'string' ? failure.parameter : undefined }];
}

const isScope = (name: string, rules: ScopeRules): name is keyof ScopeRules => Object.hasOwn(rules, name);

builder.queryType({
  description: 'Reads usage, recorded calls and administrative data.',
  authScopes: { authenticated: true },
});
builder.subscriptionType({
  description:
    'Goes on answering, over Server-Sent Events (`accept: text/event-stream`). A stream ends with the rights of its key or user.',
  authScopes: { authenticated: true },
});
builder.mutationType({
  description: 'Records usage and administers tenants.',
  authScopes: { authenticated: true },
});
