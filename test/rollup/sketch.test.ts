import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openDatabase, type Database } from '../../src/open-database.ts';
import { percentilesOf } from '../../src/rollup/sketch.ts';
import { runs } from '../reporting/property-options.ts';
import { createTestDatabase, describeOnEachDatabase, type TestDatabase } from '../support/databases.ts';
import { countOf, entriesOf } from './sketch-entries.ts';

vi.setConfig({ testTimeout: 120_000 });

const exactUpTo = 50;
const spareEntries = 1024;

const value = fc.oneof(
  fc.integer({ min: 0, max: exactUpTo }),
  fc.integer({ min: 0, max: 5_000 }),
  // As many of each length as of another.
  fc.double({ min: 0, max: 1, noNaN: true }).map((part) => Math.floor(Number.MAX_SAFE_INTEGER ** part)),
  fc.constantFrom(exactUpTo, exactUpTo + 1, 2 ** 31, Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER),
);

const manyOf = (few: fc.Arbitrary<number>) => fc.array(few, { minLength: 300, maxLength: 600 });

/** Values of any size, and many that are all in a few buckets. */
const values = fc.oneof(fc.array(value, { minLength: 1, maxLength: 400 }), manyOf(fc.integer({ min: 0, max: 60 })));

/** Values in parts, of which some may be empty, and an order to put them together in. */
const parts = fc
  .array(fc.array(value, { maxLength: 60 }), { minLength: 1, maxLength: 8 })
  .chain((parts) =>
    fc.record({ parts: fc.constant(parts), shuffled: fc.shuffledSubarray(parts, { minLength: parts.length }) }),
  );

/** The smallest value that so many percent of the values are at or below. */
function nearestRank(sorted: readonly number[], percent: number): number {
  const found = sorted.find((_value, index) => 100 * (index + 1) >= percent * sorted.length);
  if (found === undefined) throw new RangeError('There are no values.');
  return found;
}

function exactPercentiles(values: readonly number[]) {
  const sorted = values.toSorted((a, b) => a - b);
  const [p5, p50, p95, p99] = [5, 50, 95, 99].map((percent) => nearestRank(sorted, percent));
  return { p5, p50, p95, p99 };
}

const percentilesIn = (sketch: Buffer, values: readonly number[]) =>
  percentilesOf(sketch, Math.min(...values), Math.max(...values));

const hex = (sketch: Buffer) => `'\\x${sketch.toString('hex')}'::bytea`;
const array = (values: readonly number[]) => `array[${values.join(', ')}]::bigint[]`;

/** As calls are counted, entry by entry, and the same with one entry a bucket. */
const byEntry = (values: readonly number[]) =>
  `(select coalesce(string_agg(sketch_entry(sketch_bucket(v), 1), ''), '') from unnest(${array(values)}) as v)`;
const atOnce = (values: readonly number[]) => `(
  select coalesce(string_agg(sketch_entry(bucket, count), '' order by bucket), '')
  from (select sketch_bucket(v) as bucket, count(*) as count from unnest(${array(values)}) as v group by 1) counted)`;

describeOnEachDatabase('a sketch', (kind) => {
  let testDatabase: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    testDatabase = await createTestDatabase(kind);
    database = await openDatabase(testDatabase.config);
  });
  afterAll(async () => {
    await database?.close();
    await testDatabase?.drop();
  });

  /** Sketches that SQL expressions make, in one statement. */
  async function made<Names extends string>(expressions: Record<Names, string>): Promise<Record<Names, Buffer>> {
    const list = Object.entries(expressions).map(([name, expression]) => `${String(expression)} as "${name}"`);
    const [row] = await database.orm.em.fork().execute<Record<Names, Buffer>[]>(`select ${list.join(', ')}`);
    if (!row) throw new Error('A select without from has a row.');
    return row;
  }

  it('gives percentiles within 1 % of the exact ones, and exactly up to 50', async () => {
    await fc.assert(
      fc.asyncProperty(values, async (values) => {
        const exact = exactPercentiles(values);
        for (const sketch of Object.values(await made({ entries: byEntry(values), counted: atOnce(values) }))) {
          const found = percentilesIn(sketch, values);
          for (const name of ['p5', 'p50', 'p95', 'p99'] as const) {
            const should = exact[name] ?? Number.NaN;
            expect(Math.abs(found[name] - should)).toBeLessThanOrEqual(should <= exactUpTo ? 0 : 0.01 * should);
          }
        }
      }),
      runs(150),
    );
  });

  it('of nothing gives zeros', async () => {
    const { entries, counted, compact, added } = await made({
      entries: byEntry([]),
      counted: atOnce([]),
      compact: `sketch_compact('')`,
      added: `sketch_add('', '')`,
    });
    for (const sketch of [entries, counted, compact, added])
      expect(percentilesOf(sketch, 0, 0)).toEqual({ p5: 0, p50: 0, p95: 0, p99: 0 });
  });

  it('does not count calls without a value', async () => {
    const { entries } = await made({
      entries: `(select string_agg(sketch_entry(sketch_bucket(v), 1), '') from unnest('{null, 7, null}'::bigint[]) as v)`,
    });
    expect(entriesOf(entries)).toEqual([{ bucket: 7, count: 1 }]);
  });

  it('is the same from any parts, put together in any order', async () => {
    await fc.assert(
      fc.asyncProperty(parts, async ({ parts, shuffled }) => {
        const values = parts.flat();
        const added = (parts: readonly number[][]) =>
          parts.reduce((sum, part, no) => `sketch_add(${sum}, ${no % 2 ? byEntry(part) : atOnce(part)})`, `''::bytea`);
        const { whole, inOrder, inAnother, joined } = await made({
          whole: atOnce(values),
          inOrder: added(parts),
          inAnother: added(shuffled),
          joined: shuffled.map(byEntry).join(' || '),
        });
        for (const sketch of [inOrder, inAnother, joined]) {
          expect(countOf(sketch)).toEqual(countOf(whole));
          expect(percentilesIn(sketch, values)).toEqual(percentilesIn(whole, values));
        }
      }),
      runs(100),
    );
  });

  it('counts the same when it is compacted, with one entry a bucket in order', async () => {
    await fc.assert(
      fc.asyncProperty(values, values, async (some, others) => {
        const { plain } = await made({ plain: `${byEntry(some)} || ${atOnce(others)} || ${atOnce(some)}` });
        const { once, twice } = await made({
          once: `sketch_compact(${hex(plain)})`,
          twice: `sketch_compact(sketch_compact(${hex(plain)}))`,
        });
        const buckets = entriesOf(once).map(({ bucket }) => bucket);
        expect(buckets).toEqual([...new Set(buckets)].toSorted((a, b) => a - b));
        expect(countOf(once)).toEqual(countOf(plain));
        expect(twice).toEqual(once);
        expect(percentilesIn(once, [...some, ...others])).toEqual(percentilesIn(plain, [...some, ...others]));
      }),
      runs(100),
    );
  });

  it('counts more calls of a bucket than 32 bits hold', async () => {
    const count = 2 ** 36 - 1;
    const { halves } = await made({
      halves: `sketch_compact(sketch_entry(1707, ${2 ** 35}) || sketch_entry(7, 1) || sketch_entry(1707, ${2 ** 35 - 1}))`,
    });
    expect(entriesOf(halves)).toEqual([
      { bucket: 7, count: 1 },
      { bucket: 1707, count },
    ]);
    expect(percentilesOf(halves, 7, Number.MAX_SAFE_INTEGER).p5).toBeGreaterThan(7);
  });

  it('that grows never has 1,024 entries more than buckets', async () => {
    const grown = fc.array(manyOf(value), { minLength: 2, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(grown, async (parts) => {
        let sketch: Buffer = Buffer.alloc(0);
        for (const part of parts) {
          ({ sketch } = await made({ sketch: `sketch_add(${hex(sketch)}, ${byEntry(part)})` }));
          expect(entriesOf(sketch).length).toBeLessThan(countOf(sketch).size + spareEntries);
        }
        const { all } = await made({ all: atOnce(parts.flat()) });
        expect(countOf(sketch)).toEqual(countOf(all));
      }),
      runs(40),
    );
  });

  it('that grows by more than 1,024 entries is compacted', async () => {
    const more = fc.array(value, { minLength: spareEntries + 1, maxLength: spareEntries + 200 });
    await fc.assert(
      fc.asyncProperty(values, more, async (some, more) => {
        const { sketch, all } = await made({
          sketch: `sketch_add(${byEntry(some)}, ${byEntry(more)})`,
          all: atOnce([...some, ...more]),
        });
        expect(sketch).toEqual(all);
      }),
      runs(40),
    );
  });

  it('of fewer entries is left as it is, one behind the other', async () => {
    const [some, others] = [Array.from({ length: 500 }, () => 7), Array.from({ length: 523 }, () => 7)];
    const { below, above } = await made({
      below: `sketch_add(${byEntry(some)}, ${byEntry(others)})`,
      above: `sketch_add(${byEntry([...some, 7])}, ${byEntry(others)})`,
    });
    expect(entriesOf(below)).toHaveLength(spareEntries - 1);
    expect(entriesOf(above)).toEqual([{ bucket: 7, count: spareEntries }]);
  });
});
