import { describe, expect, it } from 'vitest';
import { maxRecordBytes, readLines } from '../../../src/transfer/import/read-lines.ts';
import { chunksOf, listOf } from './streams.ts';

const linesOf = (bytes: string | Buffer, chunkBytes?: number) => listOf(readLines(chunksOf(bytes, chunkBytes)));

describe('readLines', () => {
  it('numbers lines from 1 and needs no line feed at the end', async () => {
    const expected = [
      { number: 1, text: 'a' },
      { number: 2, text: '' },
      { number: 3, text: 'ü€𝄞' },
    ];
    expect(await linesOf('a\n\nü€𝄞')).toEqual(expected);
    expect(await linesOf('a\n\nü€𝄞\n')).toEqual(expected);
  });

  it('leaves out a byte order mark', async () => {
    expect(await linesOf('\uFEFFa\n\uFEFFb')).toEqual([
      { number: 1, text: 'a' },
      { number: 2, text: '\uFEFFb' },
    ]);
  });

  it('keeps its memory and goes on behind a line that is too long', async () => {
    const [long, next] = await linesOf(`${'x'.repeat(3 * maxRecordBytes)}\nshort\n`, 64 * 1024);
    expect(long?.text).toHaveLength(1000);
    expect(long?.problem).toBe('is longer than 1048576 bytes');
    expect(next).toEqual({ number: 2, text: 'short' });
  });

  it('tells bytes that are not UTF-8 from a replacement character that the file has', async () => {
    const latin1 = Buffer.concat([Buffer.from('a\nM'), Buffer.from([0xfc]), Buffer.from('ller\n\uFFFD')]);
    const [, second, third] = await linesOf(latin1);
    expect(second).toMatchObject({ number: 2, problem: 'is not UTF-8' });
    expect(third).toEqual({ number: 3, text: '\uFFFD' });
  });
});
