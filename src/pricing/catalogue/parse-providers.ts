import type { MatchLogic, Provider } from '@pydantic/genai-prices';
import { z } from 'zod';
import { OperatorError } from '../../values/errors.ts';
import { unitOfRate } from './to-rates.ts';

const rate = z.number().nonnegative();
const tiers = z.array(z.object({ start: z.number().int().nonnegative(), price: rate })).min(1);
const prices = z.record(
  z.string().refine((key) => unitOfRate(key) !== undefined, 'is not a kind of rate that is known'),
  z.union([rate, z.object({ base: rate, tiers })]),
);

const date = z.iso.date();
const time = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/, 'must be a time like 16:30:00Z');
const constraint = z.union([
  z
    .strictObject({ type: z.literal('start_date').optional(), start_date: date })
    .transform(({ start_date }) => ({ type: 'start_date' as const, start_date })),
  z
    .strictObject({ type: z.literal('time_of_date').optional(), start_time: time, end_time: time })
    .transform((given) => ({ ...given, type: 'time_of_date' as const })),
]);

const isRegex = (text: string) => {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
};

const part = z.string().min(1);
const match: z.ZodType<MatchLogic> = z.lazy(() =>
  z.union([
    z.strictObject({ equals: part }),
    z.strictObject({ starts_with: part }),
    z.strictObject({ ends_with: part }),
    z.strictObject({ contains: part }),
    z.strictObject({ regex: part.refine(isRegex, 'must be a regular expression') }),
    z.strictObject({ or: z.array(match).min(1) }),
    z.strictObject({ and: z.array(match).min(1) }),
  ]),
);

const model = z.object({
  id: part,
  match,
  prices: z.union([
    prices,
    z.array(z.object({ constraint: constraint.nullish().transform((given) => given ?? undefined), prices })).min(1),
  ]),
});

const providers = z
  .array(
    z.object({
      id: part,
      name: z.string(),
      api_pattern: z.string().default(''),
      fallback_model_providers: z
        .array(z.string())
        .nullish()
        .transform((ids) => ids ?? undefined),
      models: z.array(model),
    }),
  )
  .min(1, 'has no providers')
  .refine((list) => new Set(list.map(({ id }) => id)).size === list.length, 'names a provider twice')
  .refine((list) => list.some(({ models }) => models.length > 0), 'has no models');

const maxProblems = 10;

/**
 * A price list in the form of @pydantic/genai-prices, with what prices need of it.
 * @throws {OperatorError} naming what is wrong and where.
 */
export function parseProviders(list: unknown): Provider[] {
  const { data, error } = providers.safeParse(list);
  if (data) return data as Provider[];
  const problems = error.issues.map(({ path, message }) => `  ${nameOf(list, path)}: ${message}`);
  const rest = problems.length - maxProblems;
  throw new OperatorError(
    [
      'The file is no price list of the form that @pydantic/genai-prices has:',
      ...problems.slice(0, maxProblems),
      ...(rest > 0 ? [`  and ${rest} more`] : []),
    ].join('\n'),
  );
}

/** "openai/gpt-4o/prices/input_mtok" of a path with numbers, so that the model is found. */
function nameOf(list: unknown, path: readonly PropertyKey[]): string {
  let value = list;
  const names = path.map((step) => {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined;
    const id: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'id') : undefined;
    return typeof step === 'number' && typeof id === 'string' ? id : String(step);
  });
  return names.filter((name) => name !== 'models').join('/') || 'the file';
}
