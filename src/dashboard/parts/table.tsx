import type { ComponentChildren } from 'preact';
import type { Pages } from '../api/use-pages.ts';
import { ErrorNotice } from './notices.tsx';

export interface Column<Row> {
  name: string;
  cell: (row: Row) => ComponentChildren;
  isNumber?: boolean;
}

/** A table that scrolls sideways by itself where it is wider than the screen, with the keyboard too. */
export function Table<Row>({
  caption,
  columns,
  rows,
  keyOf,
}: {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
}) {
  return (
    <div class="scroll" role="region" aria-label={caption} tabIndex={0}>
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ name, isNumber }) => (
              <th key={name} scope="col" class={isNumber ? 'number' : ''}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ name, cell, isNumber }) => (
                <td key={name} class={isNumber ? 'number' : ''}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A table of a list that is read page by page. */
export function PagedTable<Row>({
  of: { rows, error, isLoading, more, reload },
  empty,
  ...table
}: {
  of: Pages<Row>;
  caption: string;
  columns: readonly Column<Row>[];
  keyOf: (row: Row) => string;
  /** What is said where there are no rows. */
  empty: string;
}) {
  return (
    <div aria-busy={isLoading} class={isLoading ? 'loading' : ''}>
      {error && <ErrorNotice error={error} retry={reload} />}
      {!rows && isLoading && <p role="status">Loading …</p>}
      {rows?.length === 0 && <p class="empty">{empty}</p>}
      {rows && rows.length > 0 && <Table {...table} rows={rows} />}
      {more && (
        <button type="button" onClick={more} disabled={isLoading}>
          Show more
        </button>
      )}
    </div>
  );
}
