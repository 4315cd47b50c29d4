import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { findTenants } from '../tenancy/tenant.repository.ts';
import type { TenantId } from '../values/identifier.ts';
import { ownClock } from './clock.repository.ts';
import { lockTenantSummaries, makeGrains } from './fold.repository.ts';
import { hasUnfolded, makeKept, moveBegin, readLeaving, removeLive } from './keep.repository.ts';
import { keptLevels } from './kept-levels.ts';
import { noteKept } from './kept-span.repository.ts';
import { grainsOf, isLocal, levelsWith, type Grain, type Level, type OptionalLevel } from './levels.ts';
import { differsFromUtc } from './local-clock.ts';

/** Whether a tenant's ledger begins at a horizon now, or did before; otherwise calls from before it are to be folded first. */
export type Kept = 'kept' | 'kept before' | 'unfolded';

/**
 * Makes what stays of a tenant's calls from before a horizon and has its ledger begin there, in a transaction: from then on no
 * report reads the calls, and no summary of them changes. Nothing that is older may be recorded or voided any more. Reports
 * give the same answers before, as far as they answer, meanwhile and after.
 * @param until begin of a month of UTC.
 */
export async function keepUntil(em: SqlEntityManager, tenantId: TenantId, until: Date): Promise<Kept> {
  const has = await lockTenantSummaries(em, tenantId);
  if (!has || (has.completeFrom && has.completeFrom >= until)) return 'kept before';
  if (await hasUnfolded(em, tenantId, until)) return 'unfolded';
  const clock = await ownClock(em, tenantId, has.completeFrom);
  const personalTags = (await findTenants(em, [tenantId])).flatMap((tenant) => tenant.personalTags);
  const stays = await readLeaving(em, tenantId, until, personalTags);
  const leaving = { ...stays, personalTags, isAwayFromUtc: differsFromUtc(clock) };
  const kept = keptLevels(has.levels, leaving);
  // They start over with the ledger, in the time zone that the tenant has by now.
  for (const level of levelsWith(has.levels)) await removeLive(em, tenantId, level, localOf(level, has.levels));
  for (const level of levelsWith(kept)) {
    const there = new Set<Grain>(grainsOf(level, has.levels).filter((grain) => !isLocal(grain)));
    const grains = grainsOf(level, kept).filter((grain) => !there.has(grain));
    await makeKept(em, tenantId, { level, grains, until, clock: clock.name });
  }
  await noteKept(em, tenantId, { until, levels: kept, clock: leaving.isAwayFromUtc ? clock.name : null });
  const { name } = await ownClock(em, tenantId, until);
  await moveBegin(em, tenantId, until, name);
  for (const level of levelsWith(has.levels)) await makeGrains(em, tenantId, level, localOf(level, has.levels));
  return 'kept';
}

const localOf = (level: Level, has: readonly OptionalLevel[]): Grain[] => grainsOf(level, has).filter(isLocal);
