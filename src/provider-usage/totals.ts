import { ValidationError } from '../values/errors.ts';

/** One way to read a provider's counts: what is in the input and in the output. */
export interface Reading {
  inputTokens: number;
  outputTokens: number;
}

/**
 * The first reading that the provider's own total agrees with; without a total the first that can be.
 * @throws {ValidationError} when the total agrees with none.
 */
export function readingOfTotal(
  total: number | undefined,
  readings: readonly (Reading & { isPossible?: boolean })[],
): Reading {
  const possible = readings.filter(({ isPossible = true }) => isPossible);
  const [first] = possible;
  const found =
    total === undefined
      ? first
      : possible.find(({ inputTokens, outputTokens }) => inputTokens + outputTokens === total);
  if (found) return { inputTokens: found.inputTokens, outputTokens: found.outputTokens };
  throw new ValidationError(
    `'providerUsage' cannot be read: its total of ${total ?? 0} tokens is not the sum of its parts`,
    'providerUsage',
  );
}
