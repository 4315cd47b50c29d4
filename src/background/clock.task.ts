import type { DatabaseClock } from '../database/database-clock.ts';
import type { Logger } from '../settings/log.ts';
import type { Task } from './task.ts';

const everyMs = 5_000;
const toleratedMs = 1_000;

/** Sets a clock by the database's, and tells when this machine's own is off by more than a second, and when no longer. */
export function clockTask(clock: DatabaseClock, log: Logger): Task {
  let isOff = false;
  const tell = () => {
    const aheadMs = clock.machineAheadMs();
    const wasOff = isOff;
    isOff = Math.abs(aheadMs) > toleratedMs;
    if (isOff && !wasOff)
      log.warn({ aheadMs }, `this machine's clock is off by ${aheadMs / 1000} s; the database's decides about time`);
    if (wasOff && !isOff) log.info({ aheadMs }, "this machine's clock agrees with the database's again");
  };
  return {
    name: 'clock',
    whileFailing: "time goes on from the database's last answer",
    failurePauseMs: { first: 1_000, longest: 10_000 },
    async step() {
      await clock.set();
      tell();
      return { restMs: everyMs };
    },
  };
}
