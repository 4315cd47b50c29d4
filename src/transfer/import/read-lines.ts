import { isUtf8 } from 'node:buffer';

/** Longest line, or CSV record of several lines, that is read. It limits the memory of an import. */
export const maxRecordBytes = 1024 * 1024;
const shownCharacters = 1000;

export interface Line {
  /** Counted from 1, as in editors. */
  number: number;
  /** Without the line feed; only its beginning when the line is too long. */
  text: string;
  /** Why the line cannot be read, in words. */
  problem?: string;
}

const lineFeed = 0x0a;
const byteOrderMark = /^\uFEFF/;

/** Splits UTF-8 bytes into lines. A byte order mark is left out. What follows the last line feed is a line unless it is empty. */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let number = 0;
  let held: Buffer[] = [];
  let heldBytes = 0;
  const hold = (bytes: Buffer) => {
    if (heldBytes <= maxRecordBytes) held.push(bytes);
    heldBytes += bytes.length;
  };
  const release = (): Line => {
    const line = toLine(++number, held, heldBytes);
    held = [];
    heldBytes = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      hold(chunk.subarray(start, end));
      yield release();
      start = end + 1;
    }
    if (start < chunk.length) hold(chunk.subarray(start));
  }
  if (heldBytes > 0) yield release();
}

function toLine(number: number, chunks: readonly Buffer[], length: number): Line {
  const [only] = chunks;
  const bytes = chunks.length === 1 && only ? only : Buffer.concat(chunks);
  const decoded = bytes.toString('utf8');
  const text = number === 1 ? decoded.replace(byteOrderMark, '') : decoded;
  if (length > maxRecordBytes)
    return { number, text: text.slice(0, shownCharacters), problem: `is longer than ${maxRecordBytes} bytes` };
  // Only a line that contains a replacement character can have had bytes that are not UTF-8.
  if (text.includes('\uFFFD') && !isUtf8(bytes)) return { number, text, problem: 'is not UTF-8' };
  return { number, text };
}
