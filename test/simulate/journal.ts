/** What happened last, to be read when something is wrong. */
export class Journal {
  readonly #lines: string[] = [];
  readonly #began = performance.now();
  readonly #kept: number;

  constructor(kept = 400) {
    this.#kept = kept;
  }

  note(line: string): void {
    const seconds = ((performance.now() - this.#began) / 1000).toFixed(3).padStart(8);
    this.#lines.push(`${seconds} ${line.length > 400 ? `${line.slice(0, 400)}…` : line}`);
    if (this.#lines.length > this.#kept) this.#lines.splice(0, this.#lines.length - this.#kept);
  }

  /** The latest lines; those about something of interest are kept longer than the rest. */
  last(count: number, about: readonly string[] = []): string[] {
    const earlier = this.#lines.slice(0, -count).filter((line) => about.some((text) => line.includes(text)));
    return [...earlier, ...this.#lines.slice(-count)];
  }
}

/** Something that must not be: the message says what, and `about` names what the journal may know more of. */
export class SimulationFailure extends Error {
  readonly about: readonly string[];

  constructor(message: string, about: readonly string[] = []) {
    super(message);
    this.name = 'SimulationFailure';
    this.about = about;
  }
}
