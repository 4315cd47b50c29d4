import { openOrm } from '../../src/database/orm.ts';

/** Runs statements on a PostgreSQL server, each outside of a transaction, and returns the rows of the last. */
export async function runOnServer<Row extends object>(url: string, ...statements: string[]): Promise<Row[]> {
  const orm = openOrm({ clientUrl: url, pool: { min: 0, max: 1 } }, []);
  try {
    let rows: Row[] = [];
    for (const statement of statements) rows = await orm.em.execute<Row[]>(statement);
    return rows;
  } finally {
    await orm.close(true);
  }
}

/** The same server with another database. */
export function withDatabase(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}
