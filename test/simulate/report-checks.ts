import { expectedBorders } from '../reporting/intl-clock.ts';
import {
  appliedWindow,
  bucketsOf,
  byAgent,
  byChannel,
  byModel,
  byProvider,
  byUser,
  callsIn,
  countCalls,
  matching,
  textFields,
  toText,
  type AgentNames,
  type Filters,
  type Order,
  type RecordedCall,
} from '../support/oracle.ts';
import { rowDifferences } from './cost-parts.ts';
import { mayBeIn, notAddingUp, outOfBounds, type PossibleCall, type Sums, type Uncertain } from './bounds.ts';
import type { PlannedReport } from './operations.ts';

/** A report as it was sent. */
export interface AskedReport extends Pick<PlannedReport, 'bucket' | 'filters' | 'orderBy' | 'first'> {
  from: number | undefined;
  to: number | undefined;
  zone: string;
}

interface Row {
  stats: Sums;
}

/** What is looked at of an answer; whoever compares it exactly looks at all of it. */
export interface ReportAnswer {
  totals: Sums;
  buckets: (Row & { ts: string | null; end: string | null })[];
  byAgent: (Row & { agentId: string | null })[];
  byProvider: (Row & { provider: string })[];
  byModel: (Row & { provider: string; model: string })[];
  byChannel: (Row & { channelId: string })[];
  byUser: (Row & { userId: string | null })[];
  filtersApplied: { from: string; to: string };
}

/** Of calls that may have no time, those that pass filters; they look at everything but the time. */
const passing = <Call extends Omit<RecordedCall, 'occurredAt'>>(calls: readonly Call[], filters: Filters): Call[] => {
  const passed = new Set<unknown>(
    matching(
      calls.map((call, index) => ({ ...call, occurredAt: index })),
      filters,
    ).map(({ occurredAt }) => occurredAt),
  );
  return calls.filter((_, index) => passed.has(index));
};

/** What is wrong with the window that an answer applied; `now` is when it was asked for and answered. */
export function windowProblems(
  applied: { from: string; to: string },
  asked: Pick<AskedReport, 'from' | 'to' | 'filters'>,
  { must, may }: Uncertain,
): string[] {
  const [from, to] = [Date.parse(applied.from), Date.parse(applied.to)];
  if (asked.to !== undefined && asked.to !== to) return [`'to' is ${applied.to}, not ${toText(asked.to)}`];
  if (asked.from !== undefined)
    return asked.from === from ? [] : [`'from' is ${applied.from}, not ${toText(asked.from)}`];
  const latest = Math.min(...passing(must, asked.filters).map(({ occurredAt }) => occurredAt));
  const earliest = Math.min(
    ...passing(may, asked.filters).map(({ occurredAt, sentMs }) => occurredAt ?? sentMs - 1000),
  );
  // Without a call before the end it begins with the bucket that ends the window.
  if (latest < to && from > latest) return [`'from' is ${applied.from}, after the first call at ${toText(latest)}`];
  return from < earliest && earliest < to && latest < to
    ? [`'from' is ${applied.from}, before the first call at ${toText(earliest)}`]
    : [];
}

/** What is wrong with a report that was answered while calls arrived. It is of one moment, so its parts add up exactly. */
export function reportProblems(answer: ReportAnswer, asked: AskedReport, uncertain: Uncertain): string[] {
  const problems = windowProblems(answer.filtersApplied, asked, uncertain);
  if (problems.length > 0) return problems;
  const [from, to] = [Date.parse(answer.filtersApplied.from), Date.parse(answer.filtersApplied.to)];
  const must = callsIn(uncertain.must, { from, to }, asked.filters);
  const may = passing(
    uncertain.may.filter((call) => mayBeIn(call, from, to)),
    asked.filters,
  );
  return [
    ...outOfBounds('totals', answer.totals, must, may),
    ...bucketProblems(answer, asked, { from, to }, { must, may }),
    ...Object.entries(groupings).flatMap(([name, { rowsOf, keyOfRow, keyOfCall }]) =>
      groupProblems(
        name,
        rowsOf(answer),
        keyOfRow,
        keyOfCall,
        { must, may },
        asked.first === undefined ? answer.totals : undefined,
      ),
    ),
  ];
}

function bucketProblems(
  { buckets, totals }: Pick<ReportAnswer, 'buckets' | 'totals'>,
  { bucket, zone }: AskedReport,
  { from, to }: { from: number; to: number },
  { must, may }: Uncertain,
): string[] {
  const borders = bucket === 'NONE' ? [from, to] : expectedBorders(from, to, bucket, zone);
  const found = buckets.map(({ ts }) => ts);
  const expected = bucket === 'NONE' ? [null] : borders.slice(0, -1).map(toText);
  if (JSON.stringify(found) !== JSON.stringify(expected))
    return [`buckets begin at ${found.join(', ')}, not at ${expected.join(', ')}`];
  const placeOf = (at: number) => borders.findLastIndex((border) => border <= at);
  const certain = Map.groupBy(must, ({ occurredAt }) => placeOf(occurredAt));
  const timed = Map.groupBy(may, ({ occurredAt }) => (occurredAt === undefined ? -1 : placeOf(occurredAt)));
  const anywhere = timed.get(-1) ?? [];
  return [
    ...buckets.flatMap(({ ts, stats }, index) =>
      outOfBounds(`the bucket of ${ts}`, stats, certain.get(index) ?? [], [...(timed.get(index) ?? []), ...anywhere]),
    ),
    ...notAddingUp(
      'buckets',
      buckets.map(({ stats }) => stats),
      totals,
    ),
  ];
}

interface Grouping {
  rowsOf: (answer: ReportAnswer) => Row[];
  keyOfRow: (row: Row) => string;
  keyOfCall: (call: Omit<RecordedCall, 'occurredAt'>) => string;
}

function groupedBy<Name extends 'byAgent' | 'byProvider' | 'byModel' | 'byChannel' | 'byUser'>(
  name: Name,
  keyOfRow: (row: ReportAnswer[Name][number]) => unknown[],
  keyOfCall: (call: Omit<RecordedCall, 'occurredAt'>) => unknown[],
): Grouping {
  return {
    rowsOf: (answer) => answer[name],
    // The rows are those of this name.
    keyOfRow: (row) => JSON.stringify(keyOfRow(row as ReportAnswer[Name][number])),
    keyOfCall: (call) => JSON.stringify(keyOfCall(call)),
  };
}

const unknown = 'unknown';
const groupings = {
  byAgent: groupedBy(
    'byAgent',
    ({ agentId }) => [agentId],
    ({ agentId }) => [agentId],
  ),
  byProvider: groupedBy(
    'byProvider',
    ({ provider }) => [provider],
    ({ provider }) => [provider ?? unknown],
  ),
  byModel: groupedBy(
    'byModel',
    ({ provider, model }) => [provider, model],
    ({ provider, model }) => [provider ?? unknown, model ?? unknown],
  ),
  byChannel: groupedBy(
    'byChannel',
    ({ channelId }) => [channelId],
    ({ channelId }) => [channelId ?? unknown],
  ),
  byUser: groupedBy(
    'byUser',
    ({ userId }) => [userId],
    ({ userId }) => [userId],
  ),
};

/** @param whole What the rows add up to, where all of them are there. */
function groupProblems(
  name: string,
  rows: readonly Row[],
  keyOfRow: Grouping['keyOfRow'],
  keyOfCall: Grouping['keyOfCall'],
  { must, may }: { must: readonly RecordedCall[]; may: readonly PossibleCall[] },
  whole: Sums | undefined,
): string[] {
  const certain = Map.groupBy(must, keyOfCall);
  const possible = Map.groupBy(may, keyOfCall);
  const found = rows.map(keyOfRow);
  const twice = found.filter((key, index) => found.indexOf(key) !== index);
  const missing = whole ? [...certain.keys()].filter((key) => !found.includes(key)) : [];
  return [
    ...twice.map((key) => `${name} has ${key} twice`),
    ...missing.map((key) => `${name} lacks ${key}`),
    ...rows.flatMap((row) => {
      const key = keyOfRow(row);
      return outOfBounds(`${name} ${key}`, row.stats, certain.get(key) ?? [], possible.get(key) ?? []);
    }),
    ...(whole
      ? notAddingUp(
          name,
          rows.map(({ stats }) => stats),
          whole,
        )
      : []),
  ];
}

/** What is wrong with a report of calls of which everything is known. */
export function exactProblems(
  answer: ReportAnswer,
  asked: AskedReport,
  calls: readonly RecordedCall[],
  names: AgentNames,
): string[] {
  const { filters, zone, bucket, first = 100, orderBy } = asked;
  const to = asked.to ?? Date.parse(answer.filtersApplied.to);
  const window = appliedWindow(calls, { from: asked.from, to }, filters, { bucket, zone });
  const counted = callsIn(calls, window, filters);
  const order: Order = { orderBy: orderBy ?? 'COST_DESC', first };
  return rowDifferences(answer, {
    totals: countCalls(counted),
    buckets: bucketsOf(counted, window, { bucket, zone }),
    byAgent: byAgent(counted, order, names),
    byProvider: byProvider(counted, order),
    byModel: byModel(counted, order),
    byChannel: byChannel(counted, { ...order, orderBy: orderBy ?? 'CALLS_DESC' }),
    byUser: byUser(counted, order),
    filtersApplied: {
      from: toText(window.from),
      to: toText(window.to),
      bucket,
      timezone: zone,
      costSource: null,
      tags: null,
      ...Object.fromEntries(textFields.map((field) => [field, filters[field] ?? null])),
    },
  });
}
