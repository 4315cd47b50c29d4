import { forkForPlatform } from '../database/session.ts';
import type { Orm } from '../database/orm.ts';
import { readLedgerLooks } from '../rollup/ledger-version.repository.ts';
import type { Logger } from '../settings/log.ts';
import type { Clock } from '../values/clock.ts';
import type { TenantId } from '../values/identifier.ts';
import { Watch } from './watch.ts';

/**
 * Follows ledgers. What is seen of one is a text that is another one whenever a report that lasts until now may have
 * changed: calls were recorded, voided, replaced or priced again, or the time of a call has come that was recorded ahead
 * of it.
 */
export function ledgerWatch(orm: Orm, clock: Clock, options: { lookMs: number; log: Logger }): Watch<string> {
  const occurrences = new Map<TenantId, number>();
  let lookedAt = clock();
  return new Watch(async (tenantIds) => {
    const window = { after: lookedAt, until: clock() };
    const looks = await readLedgerLooks(forkForPlatform({ orm }), tenantIds, window);
    lookedAt = window.until;
    for (const tenantId of occurrences.keys()) if (!looks.has(tenantId)) occurrences.delete(tenantId);
    const versions = new Map<TenantId, string>();
    for (const [tenantId, { changes, occurred }] of looks) {
      const before = occurrences.get(tenantId) ?? 0;
      occurrences.set(tenantId, occurred ? before + 1 : before);
      versions.set(tenantId, `${changes} ${occurrences.get(tenantId)}`);
    }
    return versions;
  }, options);
}
