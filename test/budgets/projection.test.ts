import { Big } from 'big.js';
import { describe, expect, it } from 'vitest';
import { projected, projectionWindow } from '../../src/budgets/projection.ts';

const window = (firstCall: string | null, now: string) => {
  const found = projectionWindow(firstCall === null ? null : new Date(firstCall), new Date(now));
  return found && [found.from.toISOString(), found.to.toISOString()];
};

describe('a projection', () => {
  it('goes by 168 whole hours, or by those since the first call, and by none below one', () => {
    const now = '2026-04-15T12:34:56.789Z';
    expect(window('2020-01-01T00:00:00Z', now)).toEqual(['2026-04-08T12:00:00.000Z', '2026-04-15T12:00:00.000Z']);
    expect(window('2026-04-15T09:30:00Z', now)).toEqual(['2026-04-15T09:30:00.000Z', '2026-04-15T12:00:00.000Z']);
    expect(window('2026-04-15T11:00:00Z', now)).toEqual(['2026-04-15T11:00:00.000Z', '2026-04-15T12:00:00.000Z']);
    expect(window('2026-04-15T11:00:00.001Z', now)).toBe(undefined);
    expect(window(null, now)).toBe(undefined);
  });

  it('adds what the hours that are left will cost at that pace', () => {
    const times = { now: new Date('2026-04-15T12:30:00Z'), resetsAt: new Date('2026-04-16T00:00:00Z') };
    const hours = (count: number, amount: string) => ({
      from: new Date(times.now.getTime() - (count + 0.5) * 3_600_000),
      to: new Date('2026-04-15T12:00:00Z'),
      amount: new Big(amount),
    });
    // 7 + 8 / 4 x 11.5
    expect(projected(new Big(7), hours(4, '8'), times).toFixed()).toBe('30');
    expect(projected(new Big(0), hours(3, '1'), times).toFixed()).toBe('3.833333333333333333');
  });
});
