import type { ExecutionResult } from 'graphql';

/** An answer of a stream as the text that is sent, which many readers share. */
export interface LiveAnswer extends ExecutionResult {
  readonly text: string;
}

/** The text of a result, without what its errors say to HTTP alone. */
export function answerOf({ errors, ...result }: ExecutionResult): LiveAnswer {
  const shown = errors?.map((error) => {
    const { http: _http, ...extensions } = error.extensions;
    return { ...error.toJSON(), extensions };
  });
  return { text: JSON.stringify(shown ? { errors: shown, ...result } : result) };
}

type Waiting = (result: IteratorResult<LiveAnswer, undefined>) => void;

/** What is done when a stream is over. */
type Ending = () => void | Promise<void>;

const over = { done: true, value: undefined } as const;

/**
 * The answers of one subscription on their way to its reader, who takes one at a time. What the reader has not taken is
 * held here, and how much that may be is up to whoever offers it.
 */
export class LiveStream implements AsyncIterableIterator<LiveAnswer, undefined> {
  #held: LiveAnswer[] = [];
  #waiting: Waiting | undefined;
  #isOver = false;
  readonly #onOver: Ending[] = [];
  #endings: Promise<unknown> = Promise.resolve();

  /** Answers that the reader has not taken. */
  get held(): number {
    return this.#held.length;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Offers an answer in place of one that the reader has not taken: the latest is as good as both. */
  offer(answer: LiveAnswer): void {
    if (this.#isOver) return;
    this.#held = [];
    this.#give(answer);
  }

  /** Offers an answer after those that the reader has not taken; false when it has left so many. */
  add(answer: LiveAnswer, most: number): boolean {
    if (this.#isOver) return true;
    if (this.#held.length >= most) return false;
    this.#give(answer);
    return true;
  }

  /** Ends the stream after what is held. With an error, that is the last answer, and what is held is dropped. */
  end(error?: LiveAnswer): void {
    if (this.#isOver) return;
    if (error) {
      this.#held = [];
      this.#give(error);
    }
    this.#finish();
  }

  /** Calls back once, when the stream is over for whatever reason. */
  onOver(ending: Ending): void {
    if (this.#isOver) void ending();
    else this.#onOver.push(ending);
  }

  /** Resolves when all that is done at its end is done. */
  async endings(): Promise<void> {
    await this.#endings;
  }

  next(): Promise<IteratorResult<LiveAnswer, undefined>> {
    const value = this.#held.shift();
    if (value) return Promise.resolve({ done: false, value });
    if (this.#isOver) return Promise.resolve(over);
    return new Promise((resolve) => (this.#waiting = resolve));
  }

  /** The reader has left. */
  return(): Promise<IteratorResult<LiveAnswer, undefined>> {
    this.#held = [];
    this.#finish();
    return Promise.resolve(over);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #give(value: LiveAnswer): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting({ done: false, value });
    else this.#held.push(value);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#waiting?.(over);
    this.#waiting = undefined;
    this.#endings = Promise.all(this.#onOver.splice(0).map((ending) => ending()));
  }
}
