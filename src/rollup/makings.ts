import type { TenantId } from '../values/identifier.ts';
import { finerOf, grainsOf, type Grain, type Level, type OptionalLevel } from './levels.ts';

/** How the summaries of a grain of a level are made out of calls. */
export interface Making {
  grain: Grain;
  /** A finer grain that is made along with it, and that it is summed up from; without one, from the calls. */
  finer?: Grain | undefined;
  /** Tenants that have the grain; without it, all whose calls are given. */
  tenants?: readonly TenantId[] | undefined;
}

/** The optional levels of summaries that a tenant has. */
export interface Summarised {
  levels: readonly OptionalLevel[];
  /** Name of the clock that those of local days and months are of; null before it was weighed. */
  clock: string | null;
}

/** What each of some tenants has. */
export type HeldLevels = ReadonlyMap<TenantId, Summarised>;

/** Grains of the calls of one tenant: each one is summed up from a finer one where there is one. */
export const successively = (grains: readonly Grain[]): Making[] =>
  grains.map((grain) => ({ grain, finer: finerOf(grain, grains) }));

/**
 * Grains of a level for the calls of several tenants, each of those that have it. One that the same tenants have as a
 * finer one is summed up from that.
 */
export function makingsFor(level: Level, held: HeldLevels): Making[] {
  const holders = level.grains.map((grain) => ({
    grain,
    tenants: [...held].flatMap(([tenantId, { levels }]) => (grainsOf(level, levels).includes(grain) ? [tenantId] : [])),
  }));
  return holders.flatMap(({ grain, tenants }) => {
    if (tenants.length === 0) return [];
    const alike = holders.flatMap((other) => (sameTenants(other.tenants, tenants) ? [other.grain] : []));
    return [{ grain, finer: finerOf(grain, alike), tenants: tenants.length < held.size ? tenants : undefined }];
  });
}

/** Of lists in one order. */
const sameTenants = (some: readonly TenantId[], others: readonly TenantId[]): boolean =>
  some.length === others.length && some.every((tenantId, index) => tenantId === others[index]);
