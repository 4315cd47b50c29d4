import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Orm } from '../database/orm.ts';
import type { Principal } from '../caller/principal.ts';
import { forkForPlatform, forkForTenant } from '../database/session.ts';

/** The database session of a caller: the one place where a principal becomes a session. */
export function forkForPrincipal(orm: Orm, principal: Principal): SqlEntityManager {
  switch (principal.kind) {
    case 'superuser':
      return forkForPlatform({ orm });
    case 'platformViewer':
      return forkForPlatform({ orm }, { readOnly: true });
    case 'member':
    case 'service':
      return forkForTenant(orm, principal.tenantId);
    case 'impersonator':
      return forkForTenant(orm, principal.tenantId, { readOnly: true });
    case 'guest':
    case 'anonymous':
      return forkForTenant(orm, undefined);
  }
}
