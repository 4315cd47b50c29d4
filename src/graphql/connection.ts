import { builder } from './builder.ts';
import { ValidationError } from '../values/errors.ts';

export const maxPageSize = 1000;

export interface PageArgs {
  first?: number | null | undefined;
  after?: string | null | undefined;
}

export const defaultPageSize = 50;

/** Arguments of a paged list. The default size is a default value in the schema unless `showDefault` is false. */
export const pageArgs = ({ showDefault = true, size = defaultPageSize } = {}) =>
  builder.args((t) => ({
    first: t.int({
      ...(showDefault ? { defaultValue: size } : {}),
      description: `Number of rows, 1 to ${maxPageSize.toLocaleString('en')}; ${size} when left out.`,
    }),
    after: t.string({ description: 'Cursor of the row after which the page begins.' }),
  }));

/** A page to read: the number of rows, and the key of the row before it. */
export interface Page<Key> {
  first: number;
  after: Key | undefined;
}

export interface Connection<Node> {
  edges: { cursor: string; node: Node }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
}

/** The number of rows that a client asked for. @throws {ValidationError} outside 1 to 1,000. */
export function pageSize(first: number | null | undefined, fallback: number, field = 'first'): number {
  const size = first ?? fallback;
  if (size < 1 || size > maxPageSize) throw new ValidationError(`'${field}' must be from 1 to ${maxPageSize}`, field);
  return size;
}

/** Cursors are opaque to clients: the sort key of a row as base64url JSON. */
const encodeCursor = (key: readonly string[]): string => Buffer.from(JSON.stringify(key)).toString('base64url');

function decodeCursor(cursor: string, length: number | undefined): string[] {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (
      Array.isArray(key) &&
      (length === undefined || key.length === length) &&
      key.every((part) => typeof part === 'string' && !part.includes('\0'))
    )
      return key;
  } catch {
    // Falls through to the error below.
  }
  throw notACursor();
}

/** The error for a cursor that is not of this list. */
export const notACursor = () => new ValidationError("'after' is not a cursor of this list", 'after');

/** The parts of a cursor's key, of which there must be so many where that is known. @throws {ValidationError} */
export const readCursor = (cursor: string, length?: number): string[] => decodeCursor(cursor, length);

/** The instant in a cursor's key. @throws {ValidationError} when there is none. */
export function cursorTime(text: string): Date {
  const time = new Date(text);
  // Four-digit years, as everywhere. Date also reads longer ones.
  if (Number.isNaN(time.getTime()) || time.toISOString() !== text || !/^\d{4}-/.test(text)) throw notACursor();
  return time;
}

/**
 * Reads the page arguments of a keyset connection whose rows are sorted by `keyLength` text columns.
 * @throws {ValidationError} on `first` or `after`.
 */
export function readPage(args: PageArgs, keyLength: number, size = defaultPageSize): Page<string[]> {
  return {
    first: pageSize(args.first, size),
    after: args.after === null || args.after === undefined ? undefined : decodeCursor(args.after, keyLength),
  };
}

/** Creates a connection from up to `first + 1` rows. The extra row only shows that there is a next page. */
export const toConnection = <Node>(
  rows: readonly Node[],
  page: Page<unknown>,
  sortKey: (node: Node) => readonly string[],
): Connection<Node> =>
  pageOf(
    rows.slice(0, page.first),
    { hasNextPage: rows.length > page.first, hasPreviousPage: page.after !== undefined },
    sortKey,
  );

/** Creates a connection from the rows of a page. */
export function pageOf<Node>(
  rows: readonly Node[],
  place: Pick<Connection<Node>['pageInfo'], 'hasNextPage' | 'hasPreviousPage'>,
  sortKey: (node: Node) => readonly string[],
): Connection<Node> {
  const edges = rows.map((node) => ({ cursor: encodeCursor(sortKey(node)), node }));
  return {
    edges,
    pageInfo: {
      ...place,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

const pageInfo = builder.objectRef<Connection<unknown>['pageInfo']>('PageInfo').implement({
  description: 'Position of a page in its list.',
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', { description: 'Whether there are rows after this page.' }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', {
      description: 'Whether the page was requested with `after`.',
    }),
    startCursor: t.exposeString('startCursor', {
      nullable: true,
      description: 'Cursor of the first row; null on an empty page.',
    }),
    endCursor: t.exposeString('endCursor', {
      nullable: true,
      description: 'Cursor of the last row: pass it as `after` to get the next page. Null on an empty page.',
    }),
  }),
});

type NodeRef<Node> = ReturnType<ReturnType<typeof builder.objectRef<Node>>['implement']>;

/** Declares `<Name>Connection` and `<Name>Edge` over a node type. */
export function connectionType<Node, Page extends Connection<Node> = Connection<Node>>(
  name: string,
  node: NodeRef<Node>,
) {
  const edge = builder.objectRef<{ cursor: string; node: Node }>(`${name}Edge`).implement({
    description: `One row of a list of type ${name}, with its cursor.`,
    fields: (t) => ({
      cursor: t.exposeString('cursor', { description: 'Opaque. Pass it as `after` to get the rows after this one.' }),
      node: t.field({ type: node, description: 'The row itself.', resolve: (row) => row.node as never }),
    }),
  });
  return builder.objectRef<Page>(`${name}Connection`).implement({
    description: `One page of a list of type ${name}.`,
    fields: (t) => ({
      edges: t.field({ type: [edge], description: 'The rows of the page.', resolve: (page) => page.edges }),
      pageInfo: t.field({
        type: pageInfo,
        description: 'Position of the page, and whether there are more.',
        resolve: (page) => page.pageInfo,
      }),
    }),
  });
}
