import SchemaBuilder from '@pothos/core';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import { ForbiddenError, UnauthenticatedError } from '../values/errors.ts';
import type { Decimal } from '../values/money.ts';
import type { NamedTenant, RequestContext } from '../caller/request-context.ts';
import type { Unreadable } from '../values/unreadable.ts';

/** The one schema builder. It defines no types; rooms do, each where its data lives. */
export const builder = new SchemaBuilder<{
  Context: RequestContext;
  DefaultFieldNullability: false;
  AuthScopes: {
    authenticated: boolean;
    superuser: boolean;
    impersonator: boolean;
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
    JSONObject: { Input: Record<string, unknown>; Output: Record<string, unknown> };
  };
}>({
  plugins: [ScopeAuthPlugin],
  defaultFieldNullability: false,
  scopeAuth: {
    authScopes: (context) => context.scopes,
    unauthorizedError: (_parent, context) =>
      context.principal.kind === 'anonymous' ? new UnauthenticatedError() : new ForbiddenError(),
  },
});

builder.queryType({
  description: 'Reading usage, the ledger and what is administered.',
  authScopes: { authenticated: true },
});
builder.mutationType({
  description: 'Recording usage and administering tenants.',
  authScopes: { authenticated: true },
});
