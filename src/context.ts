import { scopeRules } from './access/scope-rules.ts';
import type { Clock } from './platform/clock.ts';
import type { Logger } from './platform/log.ts';
import type { Orm } from './platform/orm.ts';
import type { Principal } from './platform/principal.ts';
import type { RequestContext } from './platform/request-context.ts';

export interface Services {
  orm: Orm;
  clock: Clock;
  log: Logger;
}

/** What one request's resolvers share: its principal, its clock reading, its entity manager and its loaders. */
export function createContext({ orm, clock }: Services, principal: Principal): RequestContext {
  const made = new Map<unknown, unknown>();
  const context: RequestContext = {
    em: orm.em.fork(),
    now: clock(),
    principal,
    scopes: scopeRules(principal),
    once<T>(make: (context: RequestContext) => T): T {
      if (!made.has(make)) made.set(make, make(context));
      return made.get(make) as T;
    },
  };
  return context;
}
