import { describe, expect, it } from 'vitest';
import { beginningOfTotal, changedZones, periodAt, type BudgetPeriod } from '../../src/limits/budget-period.ts';

const span = (period: BudgetPeriod, timezone: string, at: string) => {
  const { start, end } = periodAt({ period, zones: [{ timezone, from: null }] }, new Date(at));
  return [start.toISOString(), end?.toISOString() ?? null];
};

describe('the period of a budget', () => {
  it.each<[BudgetPeriod, string, string, string, string]>([
    ['DAY', 'Asia/Kathmandu', '2026-04-15T12:00:00Z', '2026-04-14T18:15:00.000Z', '2026-04-15T18:15:00.000Z'],
    // The clock goes forward that day.
    ['DAY', 'Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
    // Its clock goes back by half an hour at 15:00 UTC, and forward again in October.
    ['DAY', 'Australia/Lord_Howe', '2026-04-04T15:00:00Z', '2026-04-04T13:00:00.000Z', '2026-04-05T13:30:00.000Z'],
    ['MONTH', 'Australia/Lord_Howe', '2026-04-15T12:00:00Z', '2026-03-31T13:00:00.000Z', '2026-04-30T13:30:00.000Z'],
    ['WEEK', 'Australia/Lord_Howe', '2026-10-04T12:00:00Z', '2026-09-27T13:30:00.000Z', '2026-10-04T13:00:00.000Z'],
    ['WEEK', 'Asia/Kathmandu', '2026-04-15T12:00:00Z', '2026-04-12T18:15:00.000Z', '2026-04-19T18:15:00.000Z'],
    ['DAY', 'America/New_York', '2026-11-01T12:00:00Z', '2026-11-01T04:00:00.000Z', '2026-11-02T05:00:00.000Z'],
    // A day without a midnight begins with its first instant.
    ['DAY', 'America/Santiago', '2026-09-06T12:00:00Z', '2026-09-06T04:00:00.000Z', '2026-09-07T03:00:00.000Z'],
    ['WEEK', 'UTC', '2026-04-15T12:00:00Z', '2026-04-13T00:00:00.000Z', '2026-04-20T00:00:00.000Z'],
    ['MONTH', 'America/New_York', '2026-03-20T00:00:00Z', '2026-03-01T05:00:00.000Z', '2026-04-01T04:00:00.000Z'],
    ['YEAR', 'Asia/Tokyo', '2026-12-31T16:00:00Z', '2026-12-31T15:00:00.000Z', '2027-12-31T15:00:00.000Z'],
  ])('%s in %s at %s', (period, timezone, at, start, end) => {
    expect(span(period, timezone, at)).toEqual([start, end]);
    const last = new Date(Date.parse(end) - 1).toISOString();
    expect(span(period, timezone, start)).toEqual([start, end]);
    expect(span(period, timezone, last)).toEqual([start, end]);
    expect(span(period, timezone, end)[0]).toBe(end);
  });

  it('is all of time for TOTAL', () => {
    expect(span('TOTAL', 'Asia/Tokyo', '2026-12-31T16:00:00Z')).toEqual([beginningOfTotal.toISOString(), null]);
  });

  it('ends by its old clock when the time zone changes, and the next one runs to the border of the new clock', () => {
    const before = { period: 'DAY' as const, zones: [{ timezone: 'UTC', from: null }] };
    const now = new Date('2026-04-15T12:00:00Z');
    const day = (zones: ReturnType<typeof changedZones>, at: string) => {
      const { start, end } = periodAt({ period: 'DAY', zones }, new Date(at));
      return [start.toISOString(), end?.toISOString()];
    };
    const zones = changedZones(before, 'Asia/Tokyo', now);
    expect(day(zones, '2026-04-15T12:00:00Z')).toEqual(['2026-04-15T00:00:00.000Z', '2026-04-16T00:00:00.000Z']);
    expect(day(zones, '2026-04-16T00:00:00Z')).toEqual(['2026-04-16T00:00:00.000Z', '2026-04-16T15:00:00.000Z']);
    expect(day(zones, '2026-04-16T15:00:00Z')).toEqual(['2026-04-16T15:00:00.000Z', '2026-04-17T15:00:00.000Z']);
    // Whoever changes back within the period has changed nothing.
    expect(changedZones({ ...before, zones }, 'UTC', now)).toEqual(before.zones);
  });
});
