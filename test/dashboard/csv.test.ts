import { parse } from 'csv-parse/sync';
import { expect, it } from 'vitest';
import { toCsv } from '../../src/dashboard/pages/explore/csv.ts';

const read = (text: string): string[][] => parse(text);

it('keeps every digit of numbers, and text with separators and quotes', () => {
  const rows = [['a, "b"\nc', '123456789012345678.000000000000000001', '-0.5']];
  expect(read(toCsv(['Tag team', 'Cost', 'Share'], rows, 1))).toEqual([['Tag team', 'Cost', 'Share'], ...rows]);
});

it.each(['=1+1', '+1', '-1', '@sum', '\tx'])('writes the name %j so that a spreadsheet does not compute it', (name) => {
  const [, row] = read(toCsv(['Model', 'Cost'], [[name, '-1']], 1));
  expect(row).toEqual([`'${name}`, '-1']);
});
