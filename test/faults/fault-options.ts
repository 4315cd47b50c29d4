/** Whether faults come in full number; otherwise in as few as show that everything works. */
const full = process.env['FAULTS'] === 'full';

/** How many of each fault, and of runs of models, there are, and how long a test may take with them on a busy machine. */
export const faults = full
  ? {
      kills: 20,
      hotMs: 60_000,
      rounds: 200,
      restarts: 10,
      terminatingMs: 60_000,
      testTimeout: 20 * 60_000,
      modelRuns: 160,
      modelTimeout: 60 * 60_000,
    }
  : {
      hotMs: 3_000,
      rounds: 10,
      kills: 2,
      restarts: 2,
      terminatingMs: 4_000,
      testTimeout: 3 * 60_000,
      modelRuns: 40,
      modelTimeout: 4 * 60_000,
    };
