import { describe, expect, it } from 'vitest';
import { withoutValues } from '../../src/telemetry/without-values.ts';

describe('a statement without values', () => {
  it.each([
    [`select 'it''s' || $1, 12.5, t1.c2 from "t 3" where a=7`, 'select ? || $1, ?, t1.c2 from "t 3" where a=?'],
    [`where id in ('acme', 'x') and n = -1`, 'where id in (?, ?) and n = -?'],
    [` E'a\\'b' , 'secret'`, ' ? , ?'],
    // Without an E a backslash is a character like any other.
    [String.raw`'a\', 'secret'`, '?, ?'],
    ["set_config('app.tenant', '', true)", 'set_config(?, ?, true)'],
  ])('%s', (sql, shown) => {
    expect(withoutValues(sql)).toBe(shown);
  });

  it('is shortened', () => {
    expect(withoutValues('select '.repeat(10_000))).toHaveLength(4096);
  });
});
