import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxRecordBytes, readLines } from '../../../src/transfer/import/read-lines.ts';
import { readRows } from '../../../src/transfer/import/read-rows.ts';
import { chunksOf, listOf } from './streams.ts';

const rowsOf = (text: string, chunkBytes?: number) => listOf(readRows(readLines(chunksOf(text, chunkBytes))));

const neverClosed = 'has a quoted cell that is not closed properly';

describe('readRows', () => {
  it('reads quoted cells with commas, quotes and line breaks, and says where a record starts', async () => {
    expect(await rowsOf('a,"b,""c""\nd"\r\n"",e\n\n"f"')).toEqual([
      { line: 1, cells: ['a', 'b,"c"\nd'] },
      { line: 3, cells: ['', 'e'] },
      { line: 5, cells: ['f'] },
    ]);
  });

  it('gives up only the line with a misplaced quote', async () => {
    expect(await rowsOf('5" disk,1\n"x"y,2\nc,3\n')).toEqual([
      { line: 1, text: '5" disk,1', problem: 'has a quote inside a cell that does not begin with one' },
      { line: 2, text: '"x"y,2', problem: 'has text after a closing quote' },
      { line: 3, cells: ['c', '3'] },
    ]);
  });

  it('gives up only the line with a quote that is never closed', async () => {
    const rest = [
      { line: 2, cells: ['b', '2'] },
      { line: 3, cells: ['c', '3'] },
    ];
    expect(await rowsOf('"a,1\nb,2\n"c",3\n')).toEqual([{ line: 1, text: '"a,1', problem: neverClosed }, ...rest]);
    expect(await rowsOf('"a,1\nb,2\nc,3')).toEqual([{ line: 1, text: '"a,1', problem: neverClosed }, ...rest]);
  });

  it('does not hold more than its limit for a quote that is never closed', async () => {
    const long = 'x'.repeat(1000);
    const lines = Math.ceil(maxRecordBytes / long.length);
    // The second open quote would close the first if that were still open.
    const rows = await rowsOf(`"a,1\n${`b,${long}\n`.repeat(lines)}"c,1\nd,1\n`, 64 * 1024);
    expect(rows).toHaveLength(lines + 3);
    expect(rows[0]).toEqual({ line: 1, text: '"a,1', problem: neverClosed });
    expect(rows[1]).toEqual({ line: 2, cells: ['b', long] });
    expect(rows.slice(-2)).toEqual([
      { line: lines + 2, text: '"c,1', problem: neverClosed },
      { line: lines + 3, cells: ['d', '1'] },
    ]);
  });

  it('reads what csv-parse reads', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', ' ', 'ü') });
    const tables = fc.tuple(
      fc.array(fc.tuple(cell, cell), { minLength: 1 }),
      fc.constantFrom('\n', '\r\n'),
      fc.integer({ min: 1, max: 9 }),
    );
    const quoted = (text: string) => (/^[aü ]+$/.test(text) ? text : `"${text.replaceAll('"', '""')}"`);
    await fc.assert(
      fc.asyncProperty(tables, async ([table, lineEnd, chunkBytes]) => {
        const text = table.map((cells) => cells.map(quoted).join(',') + lineEnd).join('');
        const rows = await rowsOf(text, chunkBytes);
        expect(rows.map((row) => ('cells' in row ? row.cells : row.problem))).toEqual(parse(text));
      }),
    );
  });
});
