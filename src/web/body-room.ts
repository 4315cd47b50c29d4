import { OverloadedError } from '../values/errors.ts';

/** Of the room for all bodies, what one caller may take. */
const shareOfOne = 0.25;

/** The memory that bodies take together, so that no number of requests fills it, and no caller alone. */
export class BodyRoom {
  readonly #max: number;
  #taken = 0;
  readonly #takenBy = new Map<string, number>();

  /** @param max in bytes. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Bytes that are taken now. */
  get taken(): number {
    return this.#taken;
  }

  /** @throws {OverloadedError} when there is no room for so many bytes more. */
  take(caller: string, bytes: number): void {
    const own = (this.#takenBy.get(caller) ?? 0) + bytes;
    if (own > this.#max * shareOfOne)
      throw new OverloadedError(
        `Your requests together have ${own} bytes of bodies in memory; at most ${this.#max * shareOfOne} are allowed. Send fewer at the same time.`,
      );
    if (this.#taken + bytes > this.#max)
      throw new OverloadedError(
        `The requests that are being read have ${this.#taken} bytes of bodies in memory; at most ${this.#max} are allowed. Try again.`,
      );
    this.#taken += bytes;
    this.#takenBy.set(caller, own);
  }

  give(caller: string, bytes: number): void {
    this.#taken -= bytes;
    const left = (this.#takenBy.get(caller) ?? 0) - bytes;
    if (left > 0) this.#takenBy.set(caller, left);
    else this.#takenBy.delete(caller);
  }
}
