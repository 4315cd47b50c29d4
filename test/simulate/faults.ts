import { setTimeout as sleep } from 'node:timers/promises';
import type { Choices } from './choices.ts';
import type { World } from './world.ts';

/** What can be made to fail. */
export const faultNames = ['full-disk'] as const;

export type FaultName = (typeof faultNames)[number];

/** Lets things fail, one after the other, until it is stopped; what failed may still be so then. */
export function startFaults(
  _world: World,
  choices: Choices,
  _faults: readonly FaultName[],
  _counts: Map<FaultName, number> | ReadonlyMap<FaultName, number>,
): { stop(): Promise<void> } {
  const ending = new AbortController();
  const run = async () => {
    while (!ending.signal.aborted) await sleep(choices.between(100, 1000));
  };
  const running = run();
  return {
    stop() {
      ending.abort();
      return running;
    },
  };
}
