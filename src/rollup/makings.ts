import type { TenantId } from '../values/identifier.ts';
import { grainsOf, type Grain, type Level, type OptionalLevel } from './levels.ts';

/** How the summaries of a grain of a level are made out of calls. */
export interface Making {
  grain: Grain;
  /** A finer grain that is made along with it, and that it is summed up from; without one, from the calls. */
  finer?: Grain | undefined;
  /** Tenants that have the grain; without it, all whose calls are given. */
  tenants?: readonly TenantId[] | undefined;
}

/** The optional levels that each of some tenants has. */
export type HeldLevels = ReadonlyMap<TenantId, readonly OptionalLevel[]>;

/** Grains of the calls of one tenant, from the finest: each one is summed up from the one before. */
export const successively = (grains: readonly Grain[]): Making[] =>
  grains.map((grain, index) => ({ grain, finer: grains[index - 1] }));

/**
 * Grains of a level for the calls of several tenants, each of those that have it. One that the same tenants have as a
 * finer one is summed up from that.
 */
export function makingsFor(level: Level, held: HeldLevels): Making[] {
  const holders = level.grains.map((grain) => ({
    grain,
    tenants: [...held].flatMap(([tenantId, has]) => (grainsOf(level, has).includes(grain) ? [tenantId] : [])),
  }));
  return holders.flatMap(({ grain, tenants }, index) => {
    if (tenants.length === 0) return [];
    const before = holders[index - 1];
    const finer = before && sameTenants(before.tenants, tenants) ? before.grain : undefined;
    return [{ grain, finer, tenants: tenants.length < held.size ? tenants : undefined }];
  });
}

/** Of lists in one order. */
const sameTenants = (some: readonly TenantId[], others: readonly TenantId[]): boolean =>
  some.length === others.length && some.every((tenantId, index) => tenantId === others[index]);
