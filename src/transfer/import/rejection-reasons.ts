import { isFileField } from '../../recording/field-groups.ts';
import { formatCount } from './progress.ts';

/** Number of distinct reasons that are counted separately, which bounds the memory. */
const maxReasons = 20;
const maxShownLength = 200;

interface Reason {
  /** The reason as it first occurred. */
  text: string;
  count: number;
  /** Whether it occurred with different values. */
  varies: boolean;
}

/** Counts why records were rejected. Reasons that differ only in quoted values and numbers are one reason. */
export class RejectionReasons {
  readonly #reasons = new Map<string, Reason>();
  #total = 0;
  #others = 0;

  add(text: string): void {
    this.#total++;
    const key = withoutValues(text);
    const reason = this.#reasons.get(key);
    if (reason) {
      reason.count++;
      reason.varies ||= reason.text !== text;
    } else if (this.#reasons.size < maxReasons) this.#reasons.set(key, { text, count: 1, varies: false });
    else this.#others++;
  }

  /** "rejected 12: 9 × 'inputTokens' is required, 3 × …", most frequent first; undefined when there is none. */
  summary(): string | undefined {
    if (this.#total === 0) return undefined;
    const counted = [...this.#reasons].toSorted(([, a], [, b]) => b.count - a.count);
    const shown = counted.map(([key, { text, count, varies }]) => times(count, shorten(varies ? key : text)));
    if (this.#others > 0) shown.push(times(this.#others, 'other reasons'));
    return `rejected ${formatCount(this.#total)}: ${shown.join(', ')}`;
  }
}

const times = (count: number, reason: string) => `${formatCount(count)} × ${reason}`;

/** A reason within a sentence of several: of bounded length, without a full stop of its own. */
const shorten = (text: string) =>
  text.length > maxShownLength ? `${text.slice(0, maxShownLength)}…` : text.replace(/\.$/, '');

/** Stands for the quotes around a field's name while values are removed. */
const fieldQuote = '\u0000';

function withoutValues(text: string): string {
  return (
    text
      .replaceAll(fieldQuote, '')
      .replace(/'(\w+)'/g, (quoted, name: string) => (isFileField(name) ? `${fieldQuote}${name}${fieldQuote}` : quoted))
      // To the last quote, as a value may hold quotes itself.
      .replace(/'.*'/s, "'…'")
      .replace(/\d+/g, '…')
      .replaceAll(fieldQuote, "'")
  );
}
