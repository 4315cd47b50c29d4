import { Big } from 'big.js';
import { describe, expect, it } from 'vitest';
import { periodAt } from '../../src/limits/budget-period.ts';
import { usualHours } from '../../src/limits/usual-hours.ts';

const budget = (timezone: string) => ({
  period: 'MONTH' as const,
  spikeFloor: new Big(1),
  zones: [{ timezone, from: null }],
});
const hour = (timezone: string, at: string) => {
  const { start, end } = periodAt(budget(timezone), new Date(at));
  return [start.toISOString(), end?.toISOString()];
};
const usual = (timezone: string, at: string) =>
  usualHours(budget(timezone), periodAt(budget(timezone), new Date(at)).start).map((start) => start.toISOString());

describe('an hour', () => {
  it.each([
    ['UTC', '2026-04-15T12:34:56Z', '2026-04-15T12:00:00.000Z', '2026-04-15T13:00:00.000Z'],
    ['Asia/Kathmandu', '2026-04-15T12:34:56Z', '2026-04-15T12:15:00.000Z', '2026-04-15T13:15:00.000Z'],
    // The clock goes from 2:00 to 2:30, so that the hour of 2 is a half.
    ['Australia/Lord_Howe', '2026-10-03T15:40:00Z', '2026-10-03T15:30:00.000Z', '2026-10-03T16:00:00.000Z'],
    // The clock goes from 2:00 back to 1:30, which begins another half.
    ['Australia/Lord_Howe', '2026-04-04T14:59:00Z', '2026-04-04T14:00:00.000Z', '2026-04-04T15:00:00.000Z'],
    ['Australia/Lord_Howe', '2026-04-04T15:00:00Z', '2026-04-04T15:00:00.000Z', '2026-04-04T15:30:00.000Z'],
    // The first and the second hour of 1 of that day.
    ['America/New_York', '2026-11-01T05:59:00Z', '2026-11-01T05:00:00.000Z', '2026-11-01T06:00:00.000Z'],
    ['America/New_York', '2026-11-01T06:00:00Z', '2026-11-01T06:00:00.000Z', '2026-11-01T07:00:00.000Z'],
  ])('in %s at %s', (timezone, at, start, end) => {
    expect(hour(timezone, at)).toEqual([start, end]);
  });
});

describe('the hours that tell what is usual', () => {
  it('are the same ones of the 28 days before, by the local clock', () => {
    const hours = usual('Asia/Kathmandu', '2026-04-15T12:34:56Z');
    expect(hours).toHaveLength(28);
    expect([hours[0], hours.at(-1)]).toEqual(['2026-03-18T12:15:00.000Z', '2026-04-14T12:15:00.000Z']);
    const overChange = usual('America/New_York', '2026-03-10T16:30:00Z');
    expect(overChange.slice(-4)).toEqual([
      '2026-03-06T17:00:00.000Z',
      '2026-03-07T17:00:00.000Z',
      '2026-03-08T16:00:00.000Z',
      '2026-03-09T16:00:00.000Z',
    ]);
  });

  it('are one less where a day does not have the hour, and one more where it has it twice', () => {
    const spring = usual('America/New_York', '2026-03-10T06:30:00Z');
    expect([spring.length, ...spring.slice(-2)]).toEqual([27, '2026-03-07T07:00:00.000Z', '2026-03-09T06:00:00.000Z']);
    const autumn = usual('America/New_York', '2026-11-03T06:30:00Z');
    expect([autumn.length, ...autumn.slice(-3)]).toEqual([
      29,
      '2026-11-01T05:00:00.000Z',
      '2026-11-01T06:00:00.000Z',
      '2026-11-02T06:00:00.000Z',
    ]);
    // Both hours of 1 are told by the same days before.
    const both = ['2026-11-01T05:30:00Z', '2026-11-01T06:30:00Z'].map((at) => usual('America/New_York', at));
    expect(both[0]).toEqual(both[1]);
    expect(both[0]).toHaveLength(28);
  });

  it('are halves where a clock change cuts an hour', () => {
    const autumn = usual('Australia/Lord_Howe', '2026-04-05T15:00:00Z');
    expect([autumn.length, ...autumn.slice(-2)]).toEqual([29, '2026-04-04T14:00:00.000Z', '2026-04-04T15:00:00.000Z']);
    const spring = usual('Australia/Lord_Howe', '2026-10-04T15:30:00Z');
    expect([spring.length, ...spring.slice(-2)]).toEqual([28, '2026-10-02T15:30:00.000Z', '2026-10-03T15:30:00.000Z']);
  });
});
