import { ValidationError } from '../values/errors.ts';
import type { Decimal } from '../values/money.ts';

/** Tokens of a call. Cached and cache-write tokens are part of the input, reasoning tokens of the output. */
export interface TokenCounts {
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens: number;
  cacheWriteTokens: number;
  /** Those of `cacheWriteTokens` that are kept for an hour. */
  cacheWrite1hTokens: number;
  reasoningTokens: number;
}

/** What else a call is billed for. Left out, a call has none of it. */
export interface BilledBesides {
  /** Quantities by the names of units, such as `web_searches` or `input_audio_tokens`. */
  units?: Units | null | undefined;
  /** As the provider names it; `standard` when left out. */
  serviceTier?: string | null | undefined;
  /** A failed call without tokens pays no fees. */
  status?: 'SUCCESS' | 'FAILED';
  /** Whether the counts are sums over several requests, of which nobody can tell how long each was. */
  isSum?: boolean | undefined;
}

/** Decimals of at least 0, as they come: exact text, whole numbers or decimals. */
export type Units = Readonly<Record<string, Decimal | string | number>>;

export type TokenInput = Pick<TokenCounts, 'inputTokens' | 'outputTokens'> & {
  [Field in 'cachedInputTokens' | 'cacheWriteTokens' | 'cacheWrite1hTokens' | 'reasoningTokens']?:
    | number
    | null
    | undefined;
};

export const maxTokensPerCall = 1_000_000_000;

/**
 * Token counts as given; zero where left out.
 * @throws {ValidationError} naming the first field that breaks a rule.
 */
export function readTokens(input: TokenInput): TokenCounts {
  const tokenCount = (field: keyof TokenCounts) => checkTokenCount(input[field] ?? 0, field);
  const counts = {
    inputTokens: tokenCount('inputTokens'),
    outputTokens: tokenCount('outputTokens'),
    cachedInputTokens: tokenCount('cachedInputTokens'),
    cacheWriteTokens: tokenCount('cacheWriteTokens'),
    cacheWrite1hTokens: tokenCount('cacheWrite1hTokens'),
    reasoningTokens: tokenCount('reasoningTokens'),
  };
  checkTokensTogether(counts);
  return counts;
}

/** One count of tokens, by itself. @throws {ValidationError} */
export const checkTokenCount = (value: number, field: string): number => checkCount(value, field, maxTokensPerCall);

/** The rules between the counts of a call. @throws {ValidationError} naming the field that breaks one. */
export function checkTokensTogether(counts: TokenCounts): void {
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, cacheWrite1hTokens, reasoningTokens } =
    counts;
  if (inputTokens + outputTokens > maxTokensPerCall)
    throw new ValidationError(`A call may have at most ${maxTokensPerCall} tokens`, 'outputTokens');
  if (cachedInputTokens + cacheWriteTokens > inputTokens)
    throw new ValidationError(
      "'cachedInputTokens' and 'cacheWriteTokens' are part of 'inputTokens'; together they must not exceed it",
      cachedInputTokens > inputTokens || cacheWriteTokens === 0 ? 'cachedInputTokens' : 'cacheWriteTokens',
    );
  if (cacheWrite1hTokens > cacheWriteTokens)
    throw new ValidationError(
      "'cacheWrite1hTokens' are part of 'cacheWriteTokens' and must not exceed them",
      'cacheWrite1hTokens',
    );
  if (reasoningTokens > outputTokens)
    throw new ValidationError(
      "'reasoningTokens' are part of 'outputTokens' and must not exceed them",
      'reasoningTokens',
    );
}

/** The value itself when it is a whole number from 0 to `max`. @throws {ValidationError} */
export function checkCount(value: number, field: string, max: number): number {
  if (!Number.isSafeInteger(value)) throw new ValidationError(`'${field}' must be a whole number`, field);
  if (value < 0) throw new ValidationError(`'${field}' must not be negative`, field);
  if (value > max) throw new ValidationError(`'${field}' must be at most ${max}`, field);
  return value;
}
