import { expect, it } from 'vitest';
import { DatabaseClock, readDatabaseClock, type ClockReading } from '../../src/database/database-clock.ts';
import { forkForPlatform } from '../../src/database/session.ts';
import { openDatabase } from '../../src/open-database.ts';
import { createTestDatabase, describeOnEachDatabase } from '../support/databases.ts';

const start = Date.parse('2026-05-01T12:00:00Z');

/** A clock whose readings, and the clocks beside it, a test sets. */
async function clockWith(first: Omit<ClockReading, 'atMs'>) {
  const state = { monotonicMs: 1_000, machineMs: start, next: first };
  const clock = await DatabaseClock.start({
    read: async () => ({ ...state.next, atMs: state.monotonicMs }),
    machine: () => new Date(state.machineMs),
    monotonicMs: () => state.monotonicMs,
  });
  const set = async (reading: Omit<ClockReading, 'atMs'>) => {
    state.next = reading;
    await clock.set();
    return clock.now().getTime() - start;
  };
  return { clock, state, set };
}

it('goes on by itself between readings, whatever the clock of the machine does', async () => {
  const { clock, state } = await clockWith({ databaseMs: start, errorMs: 1 });
  state.monotonicMs += 2_500;
  state.machineMs += 3_600_000 + 2_500;
  expect(clock.now()).toEqual(new Date(start + 2_500));
  expect(clock.machineAheadMs()).toBe(3_600_000);
});

it('takes the more exact reading, or one that contradicts the one before', async () => {
  const { state, set } = await clockWith({ databaseMs: start, errorMs: 5 });
  expect(await set({ databaseMs: start + 3, errorMs: 1 })).toBe(3);
  // Of no use: the answer took longer, and may mean the same.
  expect(await set({ databaseMs: start + 20, errorMs: 30 })).toBe(3);
  // The database is another one, or its clock was set.
  expect(await set({ databaseMs: start + 500, errorMs: 30 })).toBe(500);
  // After so long the reading is off by as much as the new one may be.
  state.monotonicMs += 60_000;
  expect(await set({ databaseMs: start + 60_540, errorMs: 50 })).toBe(60_540);
});

describeOnEachDatabase('the clock of a database', (kind) => {
  it('is that of its machine, here the same one', async () => {
    const testDatabase = await createTestDatabase(kind);
    const database = await openDatabase(testDatabase.config);
    try {
      const clock = await DatabaseClock.start({ read: () => readDatabaseClock(forkForPlatform(database)) });
      expect(Math.abs(clock.machineAheadMs())).toBeLessThan(1_000);
    } finally {
      await database.close();
      await testDatabase.drop();
    }
  });
});
