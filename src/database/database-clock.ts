import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { systemClock, type Clock } from '../values/clock.ts';
import { selectRows } from './session.ts';
import { inTransaction } from './transaction.ts';

/** A reading of the database's clock. */
export interface ClockReading {
  databaseMs: number;
  /** When it was taken, on the monotonic clock of this process. */
  atMs: number;
  /** How much that may be off, since nobody knows when between question and answer it was taken. */
  errorMs: number;
}

/** Reads the clock of an entity manager's database. Only the question itself is timed, not the wait for a connection. */
export const readDatabaseClock = (em: SqlEntityManager): Promise<ClockReading> =>
  inTransaction(em, async (em) => {
    const askedMs = performance.now();
    const [row] = await selectRows<{ ms: string }>(em, 'select extract(epoch from clock_timestamp()) * 1000 as ms');
    const errorMs = (performance.now() - askedMs) / 2;
    return { databaseMs: Number(row?.ms), atMs: askedMs + errorMs, errorMs };
  });

/** How much more a reading may be off for each millisecond since: clocks are kept right by making them slower or faster. */
const driftPerMs = 0.0005;

/** Beside how the database's clock is read: this machine's clock, and one in milliseconds that is never set, for tests. */
interface ClockParts {
  read: () => Promise<ClockReading>;
  machine?: Clock | undefined;
  monotonicMs?: () => number;
}

/**
 * The clock of the database, which is the same for all its gateways. Between readings it goes on by itself, whatever
 * happens to the machine's own clock.
 */
export class DatabaseClock {
  readonly #parts: Required<ClockParts>;
  #reading: ClockReading;

  private constructor(parts: Required<ClockParts>, reading: ClockReading) {
    this.#parts = parts;
    this.#reading = reading;
  }

  /** A clock with its first reading. */
  static async start({
    read,
    machine = systemClock,
    monotonicMs = () => performance.now(),
  }: ClockParts): Promise<DatabaseClock> {
    return new DatabaseClock({ read, machine, monotonicMs }, await read());
  }

  readonly now: Clock = () => new Date(this.#at(this.#parts.monotonicMs()));

  /** By how many milliseconds this machine's clock is ahead of the database's; negative when it is behind. */
  machineAheadMs(): number {
    return this.#parts.machine().getTime() - this.now().getTime();
  }

  /** Takes another reading and goes by it, unless the one before is still the more exact one and they agree. */
  async set(): Promise<void> {
    const reading = await this.#parts.read();
    const oldErrorMs = this.#reading.errorMs + (reading.atMs - this.#reading.atMs) * driftPerMs;
    const apartMs = Math.abs(reading.databaseMs - this.#at(reading.atMs));
    if (reading.errorMs <= oldErrorMs || apartMs > reading.errorMs + oldErrorMs) this.#reading = reading;
  }

  #at(monotonicMs: number): number {
    return this.#reading.databaseMs + (monotonicMs - this.#reading.atMs);
  }
}
