import type { ProviderAnswer, ProviderUsage } from '../provider-usage/read-provider-usage.ts';
import { ValidationError } from '../values/errors.ts';
import { isLeftOut, type GivenFields } from './field-groups.ts';
import { UnreadCall } from './read-call.ts';
import type { CallInput } from './validate-call.ts';

/** What a provider said of a call, as it came. */
export interface GivenProviderUsage {
  body: Readonly<Record<string, unknown>>;
  /** Which of the provider's interfaces was called; guessed from the body when left out. */
  api?: string | null | undefined;
}

export type ReadProviderUsage = (answer: ProviderAnswer) => ProviderUsage;

const saysUsage = (input: CallInput | UnreadCall) =>
  !isLeftOut(
    input instanceof UnreadCall
      ? (input.json as { providerUsage?: unknown } | null)?.providerUsage
      : input.providerUsage,
  );

/** The reader, if any of the calls needs it: it brings the whole price catalogue along. */
export const readerFor = async (inputs: readonly (CallInput | UnreadCall)[]): Promise<ReadProviderUsage | undefined> =>
  inputs.some(saysUsage) ? (await import('../provider-usage/read-provider-usage.ts')).readProviderUsage : undefined;

/** Fields that the provider tells; GraphQL fills those with a default in with 0. */
const told = [
  'inputTokens',
  'outputTokens',
  'cachedInputTokens',
  'cacheWriteTokens',
  'cacheWrite1hTokens',
  'reasoningTokens',
  'units',
] as const satisfies (keyof GivenFields)[];

/**
 * A call with its provider's usage as its fields. Model, service tier and the response's id fill what was left out.
 * @throws {ValidationError} on `providerUsage` when it cannot be read, or when the call has counts of its own.
 */
export function withProviderUsage(input: CallInput, read: ReadProviderUsage | undefined): CallInput {
  if (isLeftOut(input.providerUsage) || !read) return input;
  const { providerUsage, ...call } = input;
  const twice = told.find((field) => !isLeftOut(call[field]) && call[field] !== 0);
  if (twice)
    throw new ValidationError(`'providerUsage' and '${twice}' say the same thing twice; give one of them`, twice);
  const { model, serviceTier, responseId, ...usage } = read({
    body: providerUsage.body,
    api: providerUsage.api ?? undefined,
    provider: call.provider ?? undefined,
    model: call.model ?? undefined,
  });
  return {
    ...call,
    ...usage,
    requestId: call.requestId ?? responseId,
    model: call.model ?? model,
    serviceTier: call.serviceTier ?? serviceTier,
  };
}
