import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import { format } from 'sql-formatter';
import { describe, expect, it } from 'vitest';
import type { Fragment } from '../../src/rollup/summary-sql.ts';
import { goldenReports } from './golden-reports.ts';

const compiler = new Kysely<object>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

const literal = (value: unknown): string => {
  if (value === null) return 'null';
  if (typeof value === 'number') return String(value);
  if (!Array.isArray(value)) return `'${String(value).replaceAll("'", "''")}'`;
  const shown = value.length > 4 ? [...value.slice(0, 2), '…', ...value.slice(-1)] : value;
  return `'{${shown.map(String).join(',')}}'`;
};

/** A statement for people: its parameters in their places, of long lists the first and the last. */
function readable(fragment: Fragment): string {
  const { sql, parameters } = fragment.compile(compiler);
  const text = sql.replaceAll(/\$(\d+)/g, (_parameter, number: string) => literal(parameters[Number(number) - 1]));
  return `${format(text, { language: 'postgresql', tabWidth: 2, expressionWidth: 100 })}\n`;
}

/** To be read by people, and written again by `npx vitest run test/reporting/golden-sql.test.ts -u`. */
describe('the statement of a report', () => {
  it.each(Object.entries(goldenReports))('is as it was read and found good: %s', async (name, statement) => {
    await expect(readable(statement)).toMatchFileSnapshot(`./golden/${name}.sql`);
  });

  it('is one plain select from one table where nothing waits and the window is whole months', () => {
    const { sql } = goldenReports['totals-of-a-year']?.compile(compiler) ?? { sql: '' };
    expect([...sql.matchAll(/\b(?:from|join)\s+(\w+_summary|usage_call|unfolded)/g)].map(([, table]) => table)).toEqual(
      ['tenant_summary'],
    );
  });
});
