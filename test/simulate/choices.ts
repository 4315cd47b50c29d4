import { hash } from 'node:crypto';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/**
 * A stream of random choices that follows from a seed and a name alone. Everybody who chooses has a stream of his own, so
 * that what one of them asks does not depend on how fast the others are.
 */
export class Choices {
  readonly #random;

  constructor(seed: number, name: string) {
    this.#random = xoroshiro128plus(hash('sha256', `${seed}/${name}`, 'buffer').readInt32LE());
  }

  /** A whole number from the first to the last, both included. */
  between(first: number, last: number): number {
    return uniformInt(this.#random, first, last);
  }

  /** True in so many of a hundred cases. */
  percent(percent: number): boolean {
    return this.between(1, 100) <= percent;
  }

  pick<T>(from: readonly [T, ...T[]]): T;
  pick<T>(from: readonly T[]): T | undefined;
  pick<T>(from: readonly T[]): T | undefined {
    return from.length === 0 ? undefined : from[this.between(0, from.length - 1)];
  }

  /** One of the keys, each as often as its weight says. */
  weighted<Key extends string>(weights: Readonly<Record<Key, number>>): Key {
    const entries = Object.entries<number>(weights);
    let left = this.between(
      1,
      entries.reduce((sum, [, weight]) => sum + weight, 0),
    );
    const chosen = entries.find(([, weight]) => (left -= weight) <= 0)?.[0];
    // The keys of a record of `Key` are keys of that type.
    return chosen as Key;
  }

  /** A list as long as chosen, of things chosen one after the other. */
  several<T>(least: number, most: number, choose: (index: number) => T): T[] {
    return Array.from({ length: this.between(least, most) }, (_, index) => choose(index));
  }
}
