import { hash } from 'node:crypto';
import { getArgumentValues, isObjectType, getNamedType, type GraphQLResolveInfo } from 'graphql';
import { cursorTime, readCursor } from '../graphql/connection.ts';
import { ValidationError } from '../values/errors.ts';
import { below } from './query/asked-columns.ts';
import { allTenants, type GroupPlace, type RankedGroups, type ReportQuery } from './query/report-query.ts';

/** Key of a cursor of groups: borders, what was asked for, and where the page ended. */
export type GroupCursorKey = readonly string[];

/** What pages must have in common to be pages of one list. */
type Listed = Pick<RankedGroups, 'dimensions' | 'orderBy'> & { query: Pick<ReportQuery, 'tenantId' | 'filters'> };

const digestOf = ({ query: { tenantId, filters }, dimensions, orderBy }: Listed): string =>
  hash(
    'sha256',
    JSON.stringify([tenantId === allTenants ? null : tenantId, filters, dimensions, orderBy]),
    'base64url',
  );

/** The key of the cursor of a group at a place. */
export const groupCursorKey = (
  listed: Listed & { query: ReportQuery },
  { number, keys, name }: GroupPlace,
): GroupCursorKey => {
  const { from, to } = listed.query;
  return [from.toISOString(), to.toISOString(), digestOf(listed), number ?? '', name ?? '', ...keys];
};

const before = 5;
const number = /^-?\d+(\.\d+)?$/;

/**
 * Where the page before ended.
 * @throws {ValidationError} on `after` for a cursor of another list or another window.
 */
export function readGroupPlace(
  after: string | null | undefined,
  listed: Listed & { query: ReportQuery },
): GroupPlace | null {
  if (after === null || after === undefined) return null;
  const [from, to, digest, sorted = '', name, ...keys] = readCursor(after, before + listed.dimensions.length);
  if (digest !== digestOf(listed))
    throw new ValidationError(
      "'after' is a cursor of another list; give the same 'by', 'orderBy', filters and tenant as for the page before",
      'after',
    );
  if (from !== listed.query.from.toISOString() || to !== listed.query.to.toISOString())
    throw new ValidationError("'after' is a cursor of another window", 'after');
  const isByName = listed.orderBy === 'NAME_ASC';
  if (!isByName && !number.test(sorted)) throw new ValidationError("'after' is not a cursor of this list", 'after');
  return {
    number: isByName ? null : sorted,
    keys,
    name: listed.dimensions.includes('agentId') ? (name ?? null) : null,
  };
}

/**
 * The window that the cursors below a report keep, so that all of the report is about it.
 * @throws {ValidationError} on `after` for two different cursors.
 */
export function windowOfCursors(info: GraphQLResolveInfo): { from: Date; to: Date } | undefined {
  const groups = below(info, 'groups');
  const type = getNamedType(info.returnType);
  const field = isObjectType(type) ? type.getFields()['groups'] : undefined;
  if (!groups || !field) return undefined;
  const cursors = new Set(
    groups.fieldNodes.flatMap((node) => {
      const { after } = getArgumentValues(field, node, info.variableValues);
      return typeof after === 'string' ? [after] : [];
    }),
  );
  const [cursor, another] = cursors;
  if (cursor === undefined) return undefined;
  if (another !== undefined)
    throw new ValidationError("A report goes on from one cursor; these are two different ones for 'after'", 'after');
  const [from = '', to = ''] = readCursor(cursor);
  return { from: cursorTime(from), to: cursorTime(to) };
}
