import { maxRecordBytes, type Line } from './read-lines.ts';

const byte = (character: string) => character.charCodeAt(0);
const quote = byte('"');
const backslash = byte('\\');
const comma = byte(',');
const lineFeed = byte('\n');
const [openBrace, closeBrace, openBracket, closeBracket] = [byte('{'), byte('}'), byte('['), byte(']')];

/** Blanks, and a byte order mark. */
const isBlank = (code: number) => code <= 0x20 || code === 0xef || code === 0xbb || code === 0xbf;

const shownCharacters = 1000;

/**
 * Splits JSON into the texts of its records, each with the line on which it starts: the elements of a list, those of the
 * one list of objects in a page such as `{"data":[…],"has_more":true}`, or an object by itself. Values may follow one another.
 * Only brackets and strings are looked at. Of a long file no more than a record is held in memory.
 */
export async function* readValues(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  const splitter = new JsonSplitter();
  for await (const chunk of chunks) yield* splitter.take(chunk);
  yield* splitter.end();
}

class JsonSplitter {
  #line = 1;
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** Depth of the elements of the list that is being read; 0 outside of lists. */
  #listDepth = 0;
  /** Whether the outermost value is an object of which a list has been read. */
  #isPage = false;
  /** Whether a list began at depth 1 of an object, and what is in it is not known yet. */
  #listBegan = false;
  /** The record that is being read, if any: its bytes, their number, its line, and the depth around it. */
  #held: Buffer[] | undefined;
  #heldBytes = 0;
  #startLine = 1;
  #aroundDepth = 0;

  *take(chunk: Buffer): Generator<Line> {
    let from = this.#held ? 0 : -1;
    for (let at = 0; at < chunk.length; at++) {
      const code = chunk[at] ?? 0;
      if (code === lineFeed) this.#line++;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (code === backslash) this.#escaped = true;
        else if (code === quote) this.#inString = false;
        continue;
      }
      if (isBlank(code)) continue;
      if (this.#listBegan) {
        this.#listBegan = false;
        if (code === openBrace) {
          if (this.#isPage) yield { number: this.#line, text: '', problem: secondList };
          else this.#listDepth = this.#depth;
          this.#isPage = true;
          this.#drop();
          from = -1;
        }
      }
      const closes = code === closeBrace || code === closeBracket;
      const separates = code === comma && this.#depth === this.#aroundDepth;
      if (this.#held && ((closes && this.#depth <= this.#aroundDepth) || separates)) {
        // A scalar ends before what follows it.
        yield this.#release(chunk.subarray(from, at));
        from = -1;
      } else if (!this.#held && this.#isRecordPlace() && !closes && code !== comma) {
        const isList = this.#depth === 0 && code === openBracket;
        if (!isList) {
          this.#begin();
          from = at;
        }
      }
      if (code === quote) this.#inString = true;
      else if (code === openBrace || code === openBracket) {
        if (this.#depth === 0 && code === openBracket) this.#listDepth = 1;
        else if (this.#depth === 1 && this.#listDepth === 0 && code === openBracket) this.#listBegan = true;
        this.#depth++;
      } else if (closes) {
        this.#depth = Math.max(0, this.#depth - 1);
        if (this.#held && this.#depth === this.#aroundDepth) {
          yield this.#release(chunk.subarray(from, at + 1));
          from = -1;
        }
        if (this.#depth < this.#listDepth) this.#listDepth = 0;
        if (this.#depth === 0) this.#isPage = false;
      }
    }
    if (from >= 0) this.#hold(chunk.subarray(from));
  }

  *end(): Generator<Line> {
    if (this.#held) yield { ...this.#release(Buffer.alloc(0)), problem: unfinished };
    else if (this.#depth > 0) yield { number: this.#line, text: '', problem: unfinished };
  }

  /** Records are the elements of lists, and what is in no list. */
  #isRecordPlace(): boolean {
    return this.#depth === this.#listDepth && !(this.#isPage && this.#listDepth === 0);
  }

  #begin(): void {
    this.#held = [];
    this.#heldBytes = 0;
    this.#startLine = this.#line;
    this.#aroundDepth = this.#depth;
  }

  #hold(bytes: Buffer): void {
    if (this.#heldBytes <= maxRecordBytes) this.#held?.push(bytes);
    this.#heldBytes += bytes.length;
  }

  #drop(): void {
    this.#held = undefined;
    this.#heldBytes = 0;
  }

  #release(last: Buffer): Line {
    this.#hold(last);
    const [length, held] = [this.#heldBytes, this.#held ?? []];
    this.#drop();
    const text = Buffer.concat(held).toString('utf8').trim();
    if (length > maxRecordBytes)
      return {
        number: this.#startLine,
        text: text.slice(0, shownCharacters),
        problem: `is longer than ${maxRecordBytes} bytes`,
      };
    return { number: this.#startLine, text };
  }
}

const unfinished = 'is cut off: the file ends within it';
const secondList = 'is of a second list; a page has one list of calls';
