import { sql } from 'kysely';
import { endOf } from '../rollup/level-sql.ts';
import type { Level } from '../rollup/levels.ts';
import {
  measureColumns,
  summaryOfCalls,
  summaryOfSummaries,
  type Fragment,
  type SummaryColumn,
} from '../rollup/summary-sql.ts';
import type { Summaries } from './choose-summary.ts';
import {
  passesFilters,
  piecesOf,
  pieceTable,
  questionTable,
  type AskedQuestion,
  type PieceRow,
} from './question-sql.ts';

/** Columns that calls and summaries alike are grouped by; `at` is the instant of a call or the begin of a summary. */
export interface GroupColumns {
  key: string;
  detail: string;
  bucket: (at: string) => Fragment;
}

/** Questions over one tenant each, or over all, that are grouped alike and read from the same summaries. */
export interface Part {
  questions: readonly AskedQuestion[];
  summaries: Summaries;
  group: GroupColumns;
  /** What of a summary is wanted; there is at least one. */
  columns: readonly SummaryColumn[];
}

/**
 * Every group of every question, a row of the wanted columns each. Four kinds of rows make them, all in one snapshot:
 * summaries, calls of the pieces that have none, calls that are not folded yet, and, in place of each summary that holds
 * a call which was voided since, those of its calls that still count.
 */
export function groupsSql(part: Part): Fragment {
  const { questions, columns } = part;
  const gaps = piecesOf(questions, ({ grain }) => grain === 'CALL');
  const stretches = piecesOf(questions, ({ grain }) => grain !== 'CALL');
  if (stretches.length === 0) return groupedCalls(part, [callsOfGaps(part, gaps)]);
  const calls = [
    ...(gaps.length > 0 ? [callsOfGaps(part, gaps)] : []),
    unfoldedCalls(part, stretches),
    callsOfStaleSummaries(part, stretches),
  ];
  return sql`
    with voided as materialized (${voidedSinceFold(part)})
    select no, key, detail, bucket, ${summaryOfSummaries({ wanted: columns })}
    from (${sql.join([...storedSummaries(part, stretches), groupedCalls(part, calls)], sql` union all `)}) part
    group by no, key, detail, bucket`;
}

const groupedCalls = ({ columns }: Part, calls: readonly Fragment[]): Fragment => sql`
  select no, key, detail, bucket, ${summaryOfCalls(columns)}
  from (${sql.join(calls, sql` union all `)}) calls group by no, key, detail, bucket`;

const callColumns = ['status', 'cost_usd', 'cached_input_tokens', 'reasoning_tokens', ...Object.values(measureColumns)];

const grouped = ({ group }: Part, at: string, columns: readonly string[]) => sql`
  q.no, ${sql.raw(group.key)} as key, ${sql.raw(group.detail)} as detail, ${group.bucket(at)} as bucket,
  ${sql.raw(columns.join(', '))}`;

/** Calls that summaries hold and that do not count any more. There are some for the moment until the next fold. */
const voidedSinceFold = ({ questions }: Part): Fragment => sql`
  select q.tenant_id, voided.occurred_at
  from (select distinct tenant_id, mark from ${questionTable(questions)}) q
  cross join lateral (
    select occurred_at from usage_call
    where usage_call.tenant_id = q.tenant_id and voided_xid is not null
      and voided_xid >= q.mark and recorded_xid < q.mark
    offset 0
  ) voided`;

/** Those of each table that serves some of the pieces. */
const storedSummaries = (part: Part, stretches: readonly PieceRow[]): Fragment[] =>
  [...Map.groupBy(stretches, ({ grain }) => (grain === 'CALL' ? undefined : part.summaries[grain]))].flatMap(
    ([level, pieces]) => (level ? [summariesOf(part, level, pieces)] : []),
  );

const summariesOf = (part: Part, level: Level, stretches: readonly PieceRow[]): Fragment => sql`
  select ${grouped(part, 'starts_at', part.columns)}
  from ${questionTable(part.questions)}
  join ${pieceTable(stretches)} on piece.cover = q.cover
  join ${sql.raw(level.table)} summary on summary.tenant_id = q.tenant_id and summary.grain = piece.grain
    and starts_at >= piece.from_at and starts_at < piece.to_at
  where not exists (
    select from voided
    where voided.tenant_id = q.tenant_id and voided.occurred_at >= starts_at
      and voided.occurred_at < ${sql.raw(endOf('piece.grain', 'starts_at'))}
  ) ${passesFilters(part.questions)}`;

const callsOfGaps = (part: Part, gaps: readonly PieceRow[]): Fragment => {
  const inPiece = sql`occurred_at >= piece.from_at and occurred_at < piece.to_at`;
  // The index by time knows the user: the calls of one are found in it before any row is read. How many those of more
  // users are is nothing that the planner foresees.
  const ofOneUser = part.questions.every(({ question }) => question.filters.userId?.length === 1);
  const calls = ofOneUser
    ? sql`cross join lateral (
        select request_id from usage_call
        where usage_call.tenant_id = q.tenant_id and ${inPiece} ${passesFilters(part.questions, ['userId'])}
        offset 0
      ) of_user
      join usage_call on usage_call.tenant_id = q.tenant_id and usage_call.request_id = of_user.request_id`
    : sql`join usage_call on usage_call.tenant_id = q.tenant_id`;
  return sql`
    select ${grouped(part, 'occurred_at', callColumns)}
    from ${questionTable(part.questions)}
    join ${pieceTable(gaps)} on piece.cover = q.cover
    ${calls}
    where ${inPiece} and voided_at is null ${passesFilters(part.questions)}`;
};

// "offset 0" has these read by the index behind the mark: the planner knows nothing of the window, and hopes for less.
const unfoldedCalls = (part: Part, stretches: readonly PieceRow[]): Fragment => sql`
  select ${grouped(part, 'occurred_at', callColumns)}
  from ${questionTable(part.questions)}
  cross join lateral (
    select * from usage_call
    where usage_call.tenant_id = q.tenant_id and recorded_xid >= q.mark and voided_at is null
    offset 0
  ) unfolded
  join ${pieceTable(stretches)} on piece.cover = q.cover and occurred_at >= piece.from_at and occurred_at < piece.to_at
  where true ${passesFilters(part.questions)}`;

const callsOfStaleSummaries = (part: Part, stretches: readonly PieceRow[]): Fragment => sql`
  select ${grouped(part, 'occurred_at', callColumns)}
  from ${questionTable(part.questions)}
  cross join lateral (
    select distinct piece.grain, date_trunc(piece.grain, voided.occurred_at, 'UTC') as starts_at
    from voided
    join ${pieceTable(stretches)} on voided.occurred_at >= piece.from_at and voided.occurred_at < piece.to_at
    where voided.tenant_id = q.tenant_id and piece.cover = q.cover
  ) stale
  cross join lateral (
    select * from usage_call
    where usage_call.tenant_id = q.tenant_id and occurred_at >= stale.starts_at
      and occurred_at < ${sql.raw(endOf('stale.grain', 'stale.starts_at'))}
      and recorded_xid < q.mark and voided_at is null
    offset 0
  ) folded
  where true ${passesFilters(part.questions)}`;
