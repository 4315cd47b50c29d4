import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Turns } from '../../src/admission/turns.ts';

const limits = { groupCost: 1000, turnCost: 200 };

describe('turns', () => {
  it('give a lane that waits alone the whole group', () => {
    const turns = new Turns<number>(limits);
    for (let index = 0; index < 25; index++) turns.add('flood', 100, index);
    expect(turns.take()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('serve a lane that has just come beside a flood, with little of the flood', () => {
    const turns = new Turns<string>(limits);
    for (let index = 0; index < 25; index++) turns.add('flood', 100, `flood-${index}`);
    turns.add('neighbour', 1, 'neighbour');
    expect(turns.take()).toEqual(['flood-0', 'flood-1', 'neighbour']);
  });

  it('do not put a large entry before small ones of other lanes', () => {
    const turns = new Turns<string>(limits);
    turns.add('flood', 1000, 'large');
    turns.add('neighbour', 1, 'small');
    expect(turns.take()).toEqual(['small']);
    expect(turns.take()).toEqual(['large']);
    expect(turns.take()).toEqual([]);
  });

  it('take an entry that costs more than a group alone', () => {
    const turns = new Turns<string>(limits);
    turns.add('large', 5000, 'large');
    turns.add('small', 1, 'small');
    expect([turns.take(), turns.take()]).toEqual([['small'], ['large']]);
  });

  it('drop what is over, and count it no more', () => {
    const turns = new Turns<string>(limits);
    turns.add('a', 3, 'old');
    turns.add('a', 4, 'new');
    turns.add('b', 5, 'old');
    expect(turns.drop((item) => item === 'old')).toEqual(['old', 'old']);
    expect([turns.cost, turns.costOf('a'), turns.costOf('b'), turns.lanes]).toEqual([4, 4, 0, 1]);
    expect(turns.take()).toEqual(['new']);
  });

  const entry = fc.record({ lane: fc.constantFrom('a', 'b', 'c', 'd'), cost: fc.integer({ min: 1, max: 1200 }) });

  it('serve everything once, in the order of each lane, in groups of the allowed cost', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 200 }), (entries) => {
        const turns = new Turns<{ lane: string; cost: number; no: number }>(limits);
        for (const [no, { lane, cost }] of entries.entries()) turns.add(lane, cost, { lane, cost, no });
        const served: { lane: string; no: number }[] = [];
        while (turns.cost > 0) {
          const group = turns.take();
          const cost = group.reduce((sum, item) => sum + item.cost, 0);
          expect(group.length === 1 || cost <= limits.groupCost).toBe(true);
          expect(group).not.toEqual([]);
          served.push(...group);
        }
        expect(turns.lanes).toBe(0);
        for (const name of ['a', 'b', 'c', 'd']) {
          const order = served.filter(({ lane }) => lane === name).map(({ no }) => no);
          expect(order).toEqual(order.toSorted((a, b) => a - b));
        }
        expect(served).toHaveLength(entries.length);
      }),
    );
  });

  it('give lanes that always have something to do the same share, within their largest entry and a turn', () => {
    const costs = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(costs, costs, (a, b) => {
        const turns = new Turns<{ lane: 'a' | 'b'; cost: number }>(limits);
        const served = { a: 0, b: 0 };
        const endless = { a, b };
        const fill = (lane: 'a' | 'b') => {
          let index = 0;
          while (turns.costOf(lane) < 5000) {
            const cost = endless[lane][index++ % endless[lane].length] ?? 1;
            turns.add(lane, cost, { lane, cost });
          }
        };
        for (let round = 0; round < 100; round++) {
          fill('a');
          fill('b');
          for (const { lane, cost } of turns.take()) served[lane] += cost;
          expect(Math.abs(served.a - served.b)).toBeLessThanOrEqual(1000 + 2 * limits.turnCost);
        }
      }),
      { numRuns: 50 },
    );
  });
});
