import type { Parameters } from 'fast-check';

/** The seed of a failed run, which fast-check prints; every run draws its own without it. */
export const givenSeed = process.env['FC_SEED'] ? Number(process.env['FC_SEED']) : undefined;

/** How often a property is tried. `FC_SEED` repeats a run. */
export const runs = <T>(numRuns: number): Parameters<T> => ({
  numRuns,
  ...(givenSeed === undefined ? {} : { seed: givenSeed }),
});
