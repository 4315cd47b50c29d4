import { ValidationError } from '../values/errors.ts';

/** Tokens of a call. Cached and cache-write tokens are part of the input, reasoning tokens of the output. */
export interface TokenCounts {
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens: number;
  cacheWriteTokens: number;
  reasoningTokens: number;
}

export type TokenInput = Pick<TokenCounts, 'inputTokens' | 'outputTokens'> & {
  [Field in 'cachedInputTokens' | 'cacheWriteTokens' | 'reasoningTokens']?: number | null | undefined;
};

export const maxTokensPerCall = 1_000_000_000;

/**
 * Token counts as given; zero where left out.
 * @throws {ValidationError} naming the first field that breaks a rule.
 */
export function readTokens(input: TokenInput): TokenCounts {
  const tokenCount = (field: keyof TokenCounts) => readCount(input[field], field, maxTokensPerCall) ?? 0;
  const inputTokens = tokenCount('inputTokens');
  const outputTokens = tokenCount('outputTokens');
  const cachedInputTokens = tokenCount('cachedInputTokens');
  const cacheWriteTokens = tokenCount('cacheWriteTokens');
  const reasoningTokens = tokenCount('reasoningTokens');
  if (inputTokens + outputTokens > maxTokensPerCall)
    throw new ValidationError(`A call may have at most ${maxTokensPerCall} tokens`, 'outputTokens');
  if (cachedInputTokens + cacheWriteTokens > inputTokens)
    throw new ValidationError(
      "'cachedInputTokens' and 'cacheWriteTokens' are part of 'inputTokens'; together they must not exceed it",
      cachedInputTokens > inputTokens || cacheWriteTokens === 0 ? 'cachedInputTokens' : 'cacheWriteTokens',
    );
  if (reasoningTokens > outputTokens)
    throw new ValidationError(
      "'reasoningTokens' are part of 'outputTokens' and must not exceed them",
      'reasoningTokens',
    );
  return { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens };
}

/** A whole number from 0 to `max`, or null when it was left out. @throws {ValidationError} */
export function readCount(value: number | null | undefined, field: string, max: number): number | null {
  if (value === null || value === undefined) return null;
  if (!Number.isSafeInteger(value)) throw new ValidationError(`'${field}' must be a whole number`, field);
  if (value < 0) throw new ValidationError(`'${field}' must not be negative`, field);
  if (value > max) throw new ValidationError(`'${field}' must be at most ${max}`, field);
  return value;
}
