import { CellReader, comma, quote, withoutReturn } from './cell-reader.ts';
import { maxRecordBytes, type Line } from './read-lines.ts';

/** A record of a CSV file and the line on which it starts: its cells, or a text that is no record and why, in words. */
export type Row = { line: number; cells: readonly string[] } | { line: number; text: string; problem: string };

/**
 * Assembles CSV records from lines, skipping blank lines. When a record turns out to be malformed, only its first line is
 * given up and reading goes on with the next line, so that a quote that is never closed costs one line, not the rest of
 * the file.
 */
export async function* readRows(lines: AsyncIterable<Line>): AsyncGenerator<Row> {
  const assembly = new RowAssembly();
  for await (const line of lines) {
    // Most lines have no quotes and are a record each.
    if (assembly.isEmpty && !line.problem && !line.text.includes(quote) && line.text.trim() !== '')
      yield { line: line.number, cells: withoutReturn(line.text).split(comma) };
    else yield* assembly.take(line);
  }
  yield* assembly.end();
}

class RowAssembly {
  /** Lines of the record that is being read, of which all but the last left a quoted cell open. */
  #lines: Line[] = [];
  #length = 0;
  #reader = new CellReader();

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  *take(line: Line): Generator<Row> {
    if (this.#lines.length === 0 && !line.problem && line.text.trim() === '') return;
    this.#lines.push(line);
    this.#length += line.text.length;
    const effect = line.problem ? { problem: line.problem } : this.#reader.read(line.text);
    if (typeof effect === 'object') yield* this.#giveUpFirst(effect.problem);
    else if (effect === 'complete') yield { line: this.#lines[0]?.number ?? line.number, cells: this.#restart().cells };
    else if (this.#length > maxRecordBytes) yield* this.#giveUpFirst(neverClosed);
  }

  *end(): Generator<Row> {
    while (this.#lines.length > 0) yield* this.#giveUpFirst(neverClosed);
  }

  *#giveUpFirst(problem: string): Generator<Row> {
    const [first, ...rest] = this.#lines;
    this.#restart();
    if (!first) return;
    yield { line: first.number, text: first.text, problem: rest.length > 0 ? neverClosed : problem };
    for (const line of rest) yield* this.take(line);
  }

  #restart(): CellReader {
    const reader = this.#reader;
    this.#lines = [];
    this.#length = 0;
    this.#reader = new CellReader();
    return reader;
  }
}

const neverClosed = 'has a quoted cell that is not closed properly';
