import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBytes } from '../../../src/transfer/import/read-bytes.ts';
import type { Format } from '../../../src/transfer/call-file.ts';
import { readRecords } from '../../../src/transfer/import/read-records.ts';
import { recordId } from '../../../src/transfer/import/to-call.ts';
import { chunksOf, listOf } from './streams.ts';

const recordsOf = (text: string, format: Format) => listOf(readRecords(chunksOf(text), format, () => {}));

describe('readRecords of CSV', () => {
  it('counts records behind the header and keeps the lines of the file, whatever its line ends', async () => {
    const expected = [
      { line: 2, number: 1, raw: ['1', ''], fields: { a: '1', b: '' } },
      { line: 4, number: 2, raw: ['2', 'x'], fields: { a: '2', b: 'x' } },
    ];
    expect(await recordsOf('a,b\n1,\n\n2,x', 'csv')).toEqual(expected);
    expect(await recordsOf('\uFEFFa,b\r\n1,\r\n\r\n2,x\r\n', 'csv')).toEqual(expected);
  });

  it('refuses records with too few or too many cells, and malformed ones, and reads on', async () => {
    expect(await recordsOf('a,b\n1\n"x\ny",2\n1,2,3\n"x"y,1\n5,6\n', 'csv')).toEqual([
      { line: 2, number: 1, raw: ['1'], problem: 'The record has 1 cells, but the header has 2' },
      { line: 3, number: 2, raw: ['x\ny', '2'], fields: { a: 'x\ny', b: '2' } },
      { line: 5, number: 3, raw: ['1', '2', '3'], problem: 'The record has 3 cells, but the header has 2' },
      { line: 6, number: 4, raw: '"x"y,1', problem: 'The line has text after a closing quote' },
      { line: 7, number: 5, raw: ['5', '6'], fields: { a: '5', b: '6' } },
    ]);
  });

  it('needs a header', async () => {
    await expect(recordsOf('', 'csv')).rejects.toThrow('The file is empty');
    await expect(recordsOf('"a\n1\n', 'csv')).rejects.toThrow('Line 1, which should name the columns');
  });

  it('lets go of the file when the header is refused', async () => {
    let closed = false;
    const bytes = async function* () {
      try {
        yield Buffer.from('a\n');
        yield Buffer.from('1\n');
      } finally {
        closed = true;
      }
    };
    const refuse = () => {
      throw new Error('no such column');
    };
    await expect(listOf(readRecords(bytes(), 'csv', refuse))).rejects.toThrow('no such column');
    expect(closed).toBe(true);
  });
});

describe('readRecords of NDJSON', () => {
  it('refuses what is no JSON object and reads on', async () => {
    expect(await recordsOf('\uFEFF{"a":1}\r\n\n {"b":2} \n[1]\n{"a":\nnull\n{}', 'ndjson')).toEqual([
      { line: 1, number: 1, raw: '{"a":1}', fields: { a: 1 } },
      { line: 3, number: 2, raw: '{"b":2}', fields: { b: 2 } },
      { line: 4, number: 3, raw: '[1]', problem: 'The line is not a JSON object' },
      { line: 5, number: 4, raw: '{"a":', problem: 'The line is not JSON' },
      { line: 6, number: 5, raw: 'null', problem: 'The line is not a JSON object' },
      { line: 7, number: 6, raw: '{}', fields: {} },
    ]);
  });
});

describe('readRecords of JSON', () => {
  const fieldsOf = async (text: string) =>
    (await recordsOf(text, 'json')).map((record) => ('fields' in record ? record.fields : record.problem));

  it.each([
    ['a list', '\uFEFF[{"a":1}, {"a":2}]'],
    ['a list that is printed well', '[\n  {\n    "a": 1\n  },\n  {\n    "a": 2\n  }\n]\n'],
    ['a page', '{"object":"list","ids":["[{"],"data":[{"a":1},{"a":2}],"has_more":true,"meta":{"of":[{"b":1}]}}'],
    ['pages that follow one another', '{"data":[{"a":1}]}\n{"data":[{"a":2}]}\n{"data":[]}'],
    ['calls that follow one another', '{"a":1}\n{"a":2}'],
    ['a list of pages', '{"pages":"2","data":[{"a":1}]}{"data":[{"a":2}]}'],
  ])('reads %s', async (_what, text) => {
    expect(await fieldsOf(text)).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it('keeps strings with brackets, quotes and lists of records as they are, and knows lines', async () => {
    const calls = [{ a: '}]\\"é', b: [{ c: [1] }] }, { a: '' }];
    const records = await recordsOf(`{"data":\n[${calls.map((call) => JSON.stringify(call)).join(',\n')}]}`, 'json');
    expect(records).toEqual([
      { line: 2, number: 1, raw: JSON.stringify(calls[0]), fields: calls[0] },
      { line: 3, number: 2, raw: JSON.stringify(calls[1]), fields: calls[1] },
    ]);
  });

  it('refuses what is no object, a second list and what is cut off, and reads on', async () => {
    expect(await fieldsOf('[1, "x", {"a":1}, [2], {a}]')).toEqual([
      'The record is not a JSON object',
      'The record is not a JSON object',
      { a: 1 },
      'The record is not a JSON object',
      'The record is not JSON',
    ]);
    expect(await fieldsOf('{"data":[{"a":1}],"more":[{"a":2}]}')).toEqual([
      { a: 1 },
      'The record is of a second list; a page has one list of calls',
    ]);
    expect(await fieldsOf('[{"a":1},{"a":')).toEqual([{ a: 1 }, 'The record is cut off: the file ends within it']);
    expect(await fieldsOf('hello')).toEqual(['The record is cut off: the file ends within it']);
  });

  it('reads the same in whatever chunks the bytes come', async () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.dictionary(fc.string(), value), { maxLength: 5 }),
        fc.nat(7),
        async (calls, size) => {
          const bytes = Buffer.from(JSON.stringify(calls, null, size % 3));
          const chunks = async function* () {
            for (let at = 0; at < bytes.length; at += size + 1) yield bytes.subarray(at, at + size + 1);
          };
          const records = await listOf(readRecords(chunks(), 'json', () => {}));
          expect(records.map(({ raw }) => JSON.parse(String(raw)))).toEqual(JSON.parse(JSON.stringify(calls)));
        },
      ),
    );
  });
});

describe('recordId', () => {
  const ids = async (text: string, source?: string) =>
    (await recordsOf(text, 'csv')).map((record) => recordId(source, record));

  it('stays the same in a file that was appended to or has other line ends', async () => {
    const [first, second] = await ids('a,b\n1,2\n1,2');
    expect(first).toMatch(/^imp_[0-9a-f]{32}$/);
    expect(second).not.toBe(first);
    expect(await ids('a,b\r\n1,2\r\n1,2\r\n3,4\r\n')).toEqual([first, second, expect.any(String)]);
  });

  it('differs between sources', async () => {
    expect(await ids('a\n1\n', 'east')).not.toEqual(await ids('a\n1\n', 'west'));
  });
});

describe('readBytes', () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'import-'))));
  afterAll(() => rm(folder, { recursive: true }));

  const text = `a,b\n${'1,2\n'.repeat(100_000)}`;
  const read = async (content: string | Buffer, name = 'file.csv') => {
    await writeFile(join(folder, name), content);
    let bytesRead = 0;
    const chunks = await listOf(readBytes(join(folder, name), (count) => (bytesRead += count)));
    return { text: Buffer.concat(chunks).toString(), bytesRead };
  };

  it('unpacks gzip, whatever the file is called, and counts the bytes of the file', async () => {
    const packed = gzipSync(text);
    expect(await read(text)).toEqual({ text, bytesRead: text.length });
    expect(await read(packed)).toEqual({ text, bytesRead: packed.length });
    expect(await read(text, 'not-packed.csv.gz')).toEqual({ text, bytesRead: text.length });
    expect(await read(Buffer.concat([packed, packed]))).toEqual({ text: text + text, bytesRead: 2 * packed.length });
    expect(await read('')).toEqual({ text: '', bytesRead: 0 });
  });

  it('says when gzip data is cut off', async () => {
    await expect(read(gzipSync(text).subarray(0, -20))).rejects.toThrow(
      'The gzip data of the file is damaged or cut off',
    );
  });

  it('closes the file when reading stops early', async () => {
    await writeFile(join(folder, 'early.csv.gz'), gzipSync(text));
    for await (const chunk of readBytes(join(folder, 'early.csv.gz'), () => {})) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
  });
});
