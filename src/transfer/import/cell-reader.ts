export const quote = '"';
export const comma = ',';

/** What a line did to its record: completed it, left a quoted cell open, or broke it (with the problem in words). */
export type LineEffect = 'complete' | 'open' | { problem: string };

/**
 * Reads the cells of one CSV record (RFC 4180), line by line.
 *
 * csv-parse is not used, since after one misplaced quote it takes the rest of the file for one quoted cell and holds it in
 * memory. Here the caller learns of a broken line at once and can go on with the next one.
 */
export class CellReader {
  readonly cells: string[] = [];
  /** What the open quoted cell holds so far. */
  #quoted: string | undefined;

  /** Reads the next line, given without its line feed. After 'complete' or a problem the reader cannot be used again. */
  read(line: string): LineEffect {
    let at = 0;
    for (;;) {
      if (this.#quoted === undefined && line[at] === quote) {
        this.#quoted = '';
        at++;
      }
      if (this.#quoted === undefined) {
        const end = line.indexOf(comma, at);
        const cell = end === -1 ? withoutReturn(line.slice(at)) : line.slice(at, end);
        if (cell.includes(quote)) return { problem: 'has a quote inside a cell that does not begin with one' };
        this.cells.push(cell);
        if (end === -1) return 'complete';
        at = end + 1;
        continue;
      }
      const end = line.indexOf(quote, at);
      if (end === -1) {
        this.#quoted += `${line.slice(at)}\n`;
        return 'open';
      }
      this.#quoted += line.slice(at, end);
      if (line[end + 1] === quote) {
        this.#quoted += quote;
        at = end + 2;
        continue;
      }
      this.cells.push(this.#quoted);
      this.#quoted = undefined;
      if (withoutReturn(line).length <= end + 1) return 'complete';
      if (line[end + 1] !== comma) return { problem: 'has text after a closing quote' };
      at = end + 2;
    }
  }
}

export const withoutReturn = (text: string) => (text.endsWith('\r') ? text.slice(0, -1) : text);

/** The cells of a text that is one record, such as a list given as an option; undefined when it is malformed. */
export function readCells(text: string): string[] | undefined {
  const reader = new CellReader();
  return reader.read(text) === 'complete' ? reader.cells : undefined;
}
