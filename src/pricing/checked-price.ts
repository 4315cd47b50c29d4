import { v7 as uuidv7 } from 'uuid';
import { ValidationError } from '../values/errors.ts';
import { identifier } from '../values/identifier.ts';
import { maxIntegerDigits, parseDecimal, amountProblem } from '../values/money.ts';
import type { PriceTier, UnitPrice } from './model-price.entity.ts';
import type { NewModelPrice } from './model-price.repository.ts';
import { modelNames } from './model-names.ts';
import { serviceTierName, standardTier } from './service-tiers.ts';
import { maxTokensPerCall } from './token-counts.ts';
import { fieldUnits, isFieldUnit } from './unit-kinds.ts';

/** Rates of a price in USD per million tokens. */
export const rateFields = [
  'inputUsdPerMillion',
  'outputUsdPerMillion',
  'cachedInputUsdPerMillion',
  'cacheWriteUsdPerMillion',
  'cacheWrite1hUsdPerMillion',
  'reasoningUsdPerMillion',
] as const;

/** A price to be set; without a tenant it is a platform price. */
export type SetModelPrice = Omit<NewModelPrice, 'id' | 'providerKey' | 'modelKey' | keyof Additions> &
  Partial<Additions>;

/** What a price has besides its rates for tokens; it has none of it where left out, and is for the standard tier. */
type Additions = Pick<NewModelPrice, 'serviceTier' | 'cacheWrite1hUsdPerMillion' | 'tiers' | 'units'>;

/** A rate is for a million tokens, so one token's cost has six decimals more: as many as an amount may have. */
const rateLimits = { integerDigits: maxIntegerDigits, fractionDigits: 12 };

const maxTiers = 10;
const maxUnits = 50;
/** Names of units, as calls have them. */
const unitName = /^[a-z0-9_.-]{1,64}$/;

/**
 * A price as it is stored, with the names that calls are compared with.
 * @throws {ValidationError} naming the field, also where a part of the price could never be used.
 */
export function checkedPrice(given: SetModelPrice): NewModelPrice {
  const input = { serviceTier: standardTier, cacheWrite1hUsdPerMillion: null, tiers: [], units: [], ...given };
  const provider = identifier(input.provider, 'provider');
  const model = identifier(input.model, 'model');
  const serviceTier = serviceTierName(identifier(input.serviceTier, 'serviceTier'));
  if (input.effectiveTo && input.effectiveTo <= input.effectiveFrom)
    throw new ValidationError("'effectiveTo' must be strictly greater than 'effectiveFrom'", 'effectiveTo');
  for (const field of rateFields) {
    const rate = input[field];
    const problem = rate && amountProblem(rate, rateLimits);
    if (problem) throw new ValidationError(`'${field}' ${problem}`, field);
  }
  checkTiers(input.tiers, input.cacheWrite1hUsdPerMillion !== null);
  checkUnits(input.units);
  const names = modelNames(provider, model);
  const [providerKey] = names.providers;
  const [modelKey] = names.models;
  if (modelKey.includes('*')) checkPattern(provider, model, modelKey);
  return { ...input, id: uuidv7(), provider, model, serviceTier, providerKey, modelKey };
}

/** Names that a pattern would be for, which calls must still have after their own names are read. */
function checkPattern(provider: string, model: string, key: string): void {
  const pattern = new RegExp(`^${key.split('*').map(escaped).join('.*')}$`);
  const example = model.replaceAll('*', 'x');
  const names = modelNames(provider, example);
  const isRead = names.models.some((name) => pattern.test(name)) && !alwaysLeftOut.test(key);
  if (isRead) return;
  throw new ValidationError(
    `'model': no call would have this price, since names like '${example}' are compared without what comes before the model`,
    'model',
  );
}

/** What names of calls never begin with when they are compared. */
const alwaysLeftOut = /^(models|publishers)\/|^arn:aws[\w-]*:bedrock:/;

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);

function checkTiers(tiers: readonly PriceTier[], hasHourRate: boolean): void {
  if (tiers.length > maxTiers) throw new ValidationError(`'tiers' must be at most ${maxTiers}`, 'tiers');
  const bounds = new Set<number>();
  for (const { aboveInputTokens: above, ...rates } of tiers) {
    if (!Number.isSafeInteger(above) || above < 0)
      throw new ValidationError("'aboveInputTokens' must be a whole number from 0 on", 'tiers');
    if (above >= maxTokensPerCall)
      throw new ValidationError(`A tier above ${above} input tokens would never apply: no call has more`, 'tiers');
    if (bounds.has(above))
      throw new ValidationError(`Of two tiers above ${above} input tokens one would never apply`, 'tiers');
    bounds.add(above);
    if (rates.cacheWrite1hUsdPerMillion !== null && !hasHourRate)
      throw new ValidationError("A tier's 'cacheWrite1hUsdPerMillion' needs that of the price", 'tiers');
    for (const [field, rate] of Object.entries(rates)) checkAmount(rate, field, 'tiers', rateLimits);
  }
}

function checkUnits(units: readonly UnitPrice[]): void {
  if (units.length > maxUnits) throw new ValidationError(`'units' must be at most ${maxUnits}`, 'units');
  const seen = new Set<string>();
  for (const { unit, usdPerUnit } of units) {
    if (!unitName.test(unit))
      throw new ValidationError(
        `The unit '${unit}' would never apply: units have 1 to 64 of a-z, 0-9, '_', '.' and '-'`,
        'units',
      );
    if (isFieldUnit(unit))
      throw new ValidationError(
        `The unit '${unit}' would never apply: calls have '${fieldUnits[unit]}', which has a rate per million tokens`,
        'units',
      );
    if (seen.has(unit)) throw new ValidationError(`The unit '${unit}' has two prices`, 'units');
    seen.add(unit);
    checkAmount(usdPerUnit, 'usdPerUnit', 'units');
  }
}

function checkAmount(text: string | null, name: string, field: string, limits?: typeof rateLimits): void {
  const amount = text === null ? undefined : parseDecimal(text);
  const problem = amount && amountProblem(amount, limits);
  if (problem) throw new ValidationError(`'${name}' ${problem}`, field);
}
