import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { forkForPrincipal } from './access/database-session.ts';
import { refusedField } from './access/refused-field.ts';
import { scopeRules } from './access/scope-rules.ts';
import type { Principal } from './caller/principal.ts';
import type { RequestContext } from './caller/request-context.ts';
import type { Services } from './services.ts';

/** What one request's resolvers share: its principal, its clock reading, its entity manager and its loaders. */
export const contextFactory =
  (services: Services) =>
  (principal: Principal): RequestContext => {
    let em: SqlEntityManager | undefined;
    const made = new Map<unknown, unknown>();
    const context: RequestContext = {
      // Many requests need none, and creating one takes a while.
      get em() {
        return (em ??= forkForPrincipal(services.orm, principal));
      },
      now: services.clock(),
      principal,
      scopes: scopeRules(principal),
      services,
      refusedField: (field) => refusedField(principal, field),
      once<T>(make: (context: RequestContext) => T): T {
        if (!made.has(make)) made.set(make, make(context));
        return made.get(make) as T;
      },
    };
    return context;
  };
