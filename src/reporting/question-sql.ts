import { sql } from 'kysely';
import type { Piece } from '../rollup/cover-window.ts';
import type { Fragment } from '../rollup/summary-sql.ts';
import {
  allTenants,
  filterColumns,
  filterFields,
  possibleValues,
  type FilterField,
  type Question,
} from './question.ts';
import { tableSql } from './table-sql.ts';

/** A question with its number in the statement and the pieces that cover its window. */
export interface AskedQuestion {
  no: number;
  question: Question;
  pieces: readonly Piece[];
}

const parameterOf = (field: FilterField) => `filter_${filterFields.indexOf(field)}`;

const coversOf = (questions: readonly AskedQuestion[]) => [...new Set(questions.map(({ pieces }) => pieces))];

/**
 * Questions as the table `q`, with each tenant that they are about, the number of the cover of their windows and, as
 * `mark`, the transaction below which the tenant's summaries hold everything.
 */
export function questionTable(questions: readonly AskedQuestion[]): Fragment {
  const filtered = filterFields.filter((field) => questions.some(({ question }) => question.filters[field]));
  const covers = coversOf(questions);
  const rows = questions.map(({ no, question, pieces }) => ({
    no,
    cover: covers.indexOf(pieces),
    tenant_id: question.tenantId === allTenants ? null : question.tenantId,
    ...Object.fromEntries(
      filtered.flatMap((field) => {
        const values = question.filters[field];
        return values ? [[parameterOf(field), possibleValues(values)]] : [];
      }),
    ),
  }));
  const types = Object.fromEntries(filtered.map((field) => [parameterOf(field), 'text[]']));
  const asked = tableSql('asked', { no: 'int', cover: 'int', tenant_id: 'text', ...types }, rows);
  const overAll = questions[0]?.question.tenantId === allTenants;
  const tenant = sql.raw(overAll ? 'tenant.tenant_id' : 'asked.tenant_id');
  return sql`(
    select ${sql.raw(['no', 'cover', ...Object.keys(types)].join(', '))}, ${tenant} as tenant_id,
      coalesce(mark.folded_below, 0) as mark
    from ${asked} ${sql.raw(overAll ? 'cross join tenant' : '')}
    left join rollup_mark mark on mark.tenant_id = ${tenant}
  ) q`;
}

/** Conditions on the columns of calls or summaries, beginning with "and"; nothing without filters. */
export function passesFilters(questions: readonly { question: Question }[], fields = filterFields): Fragment {
  const conditions = fields.flatMap((field) => {
    const given = questions.map(({ question }) => question.filters[field]);
    if (!given.some(Boolean)) return [];
    const [column, parameter] = [filterColumns[field], `q.${parameterOf(field)}`];
    // One value in every question is an equation, on which the planner can join instead of looping over questions.
    return given.every((values) => values && possibleValues(values).length === 1)
      ? [`and ${column} = ${parameter}[1]`]
      : [`and (${parameter} is null or ${column} = any(${parameter}))`];
  });
  return sql.raw(conditions.join(' '));
}

/** Pieces that a statement reads in one way, each with the number of the cover that it belongs to. */
export function piecesOf(questions: readonly AskedQuestion[], isAsked: (piece: Piece) => boolean) {
  return coversOf(questions).flatMap((pieces, cover) =>
    pieces
      .filter(isAsked)
      .map(({ grain, from, to }) => ({ cover, grain, from_at: from.toISOString(), to_at: to.toISOString() })),
  );
}

export type PieceRow = ReturnType<typeof piecesOf>[number];

/** Pieces as the table `piece`. */
export const pieceTable = (rows: readonly PieceRow[]): Fragment =>
  tableSql('piece', { cover: 'int', grain: 'text', from_at: 'timestamptz', to_at: 'timestamptz' }, rows);
