import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { forkForPrincipal } from './access/database-session.ts';
import { refusedField } from './access/refused-field.ts';
import { scopeRules } from './access/scope-rules.ts';
import type { Clock } from './values/clock.ts';
import type { Logger } from './settings/log.ts';
import type { Orm } from './database/orm.ts';
import type { Principal } from './caller/principal.ts';
import type { RequestContext, Shared } from './caller/request-context.ts';

export interface Services {
  orm: Orm;
  clock: Clock;
  log: Logger;
  /** Whether to fold the ledger in the background; true by default. */
  folding?: boolean;
}

/** What the resolvers of one request share: the principal, one clock reading, an entity manager and loaders. */
export function contextFactory(
  { orm, clock }: Services,
  config: Shared['config'],
): (principal: Principal) => RequestContext {
  const shared = memory<Shared>({ orm, config });
  return (principal) => {
    let em: SqlEntityManager | undefined;
    const context: RequestContext = {
      // Many requests need none, and creating one takes a while.
      get em() {
        return (em ??= forkForPrincipal(orm, principal));
      },
      now: clock(),
      principal,
      scopes: scopeRules(principal),
      refusedField: (field) => refusedField(principal, field),
      once: (make) => once(make),
      shared,
    };
    const once = memory(context);
    return context;
  };
}

/** Creates things from `parts`, each on first use. */
function memory<Parts>(parts: Parts) {
  const made = new Map<unknown, unknown>();
  return <T>(make: (parts: Parts) => T): T => {
    if (!made.has(make)) made.set(make, make(parts));
    return made.get(make) as T;
  };
}
