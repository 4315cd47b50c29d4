import { callCount, measures, type Distribution, type Measure } from './measures.ts';

/** Parts of a distribution, as columns of summaries. */
export type DistributionPart = 'count' | 'total' | 'min' | 'max' | 'sketch';

/** Column of summaries that holds a part of a distribution. */
export const partColumn = ({ column, optional }: Distribution, part: DistributionPart): string =>
  part === 'count' && !optional ? callCount.column : `${column}_${part}`;

/** A column that summaries have besides their key. */
export interface SummaryColumn {
  name: string;
  type: 'bigint' | 'numeric' | 'integer' | 'bytea' | 'jsonb';
  nullable: boolean;
  /** How two summaries become one. */
  combine: 'sum' | 'min' | 'max' | 'sketch' | 'quantities';
  /** Aggregate of calls. */
  ofCalls: string;
  /** Columns of the ledger that the aggregate reads. */
  reads: readonly string[];
  /** Only of sketches: what a call adds to them, which is made once for all summaries that the call belongs to. */
  entry?: SketchEntry;
}

/** A call's entry in the sketches of a distribution. */
export interface SketchEntry {
  /** Column of calls that are prepared for being summed up. */
  column: string;
  /** Over a call; null where it has no such number. */
  ofCall: string;
}

function columnsOf(measure: Measure): SummaryColumn[] {
  const { reads } = measure;
  if (measure.kind === 'quantities') {
    const [of] = measure.reads;
    const ofCalls = `sum_quantities(${of})`;
    return [{ name: measure.column, type: 'jsonb', nullable: true, combine: 'quantities', ofCalls, reads }];
  }
  if (measure.kind === 'sum') {
    const type = measure.unit === 'USD' ? 'numeric' : 'bigint';
    return [{ name: measure.column, type, nullable: false, combine: 'sum', ofCalls: measure.ofCalls, reads }];
  }
  const { optional, large } = measure;
  const [of] = measure.reads;
  const value = { type: large ? 'bigint' : 'integer', nullable: optional, reads } as const;
  const entry = { column: `${measure.column}_entry`, ofCall: `sketch_entry(sketch_bucket(${of}), 1)` };
  const total = optional ? `coalesce(sum(${of}), 0)` : `sum(${of})`;
  const counted: SummaryColumn[] = optional
    ? [
        {
          name: `${measure.column}_count`,
          type: 'bigint',
          nullable: false,
          combine: 'sum',
          ofCalls: `count(${of})`,
          reads,
        },
      ]
    : [];
  return [
    ...counted,
    {
      name: partColumn(measure, 'total'),
      type: large ? 'numeric' : 'bigint',
      nullable: false,
      combine: 'sum',
      ofCalls: total,
      reads,
    },
    { name: partColumn(measure, 'min'), ...value, combine: 'min', ofCalls: `min(${of})` },
    { name: partColumn(measure, 'max'), ...value, combine: 'max', ofCalls: `max(${of})` },
    {
      name: partColumn(measure, 'sketch'),
      type: 'bytea',
      nullable: false,
      combine: 'sketch',
      ofCalls: sketchOfEntries(entry.ofCall),
      reads,
      entry,
    },
  ];
}

/** Entries one behind the other; of many it is worth adding up those of one bucket. */
export const sketchOfEntries = (entry: string) => `sketch_add('', coalesce(string_agg(${entry}, ''), ''))`;

/** Every column that summaries have besides their key, in the order of every list of them. */
export const summaryColumns: readonly SummaryColumn[] = measures.flatMap(columnsOf);

const columnsByName = new Map(summaryColumns.map((column) => [column.name, column]));

/** The columns of these names, in the order of all lists. @throws for a name that no summary has. */
export function columnsNamed(names: Iterable<string>): SummaryColumn[] {
  const wanted = new Set(names);
  for (const name of wanted) if (!columnsByName.has(name)) throw new Error(`Summaries have no column '${name}'.`);
  return summaryColumns.filter(({ name }) => wanted.has(name));
}
