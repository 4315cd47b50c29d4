import { v7 as uuidv7 } from 'uuid';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { audited } from '../audit/audited.ts';
import { ValidationError } from '../values/errors.ts';
import { identifier } from '../values/identifier.ts';
import { formatDecimal, maxIntegerDigits, amountProblem } from '../values/money.ts';
import type { Principal } from '../caller/principal.ts';
import { modelNames } from './model-names.ts';
import {
  advanceModelPriceRevision,
  endModelPrice,
  findModelPricesSince,
  insertModelPrice,
  type NewModelPrice,
} from './model-price.repository.ts';

const rateFields = [
  'inputUsdPerMillion',
  'outputUsdPerMillion',
  'cachedInputUsdPerMillion',
  'cacheWriteUsdPerMillion',
  'reasoningUsdPerMillion',
] as const;

/** A price to be set; without a tenant it is a platform price. */
export type SetModelPrice = Omit<NewModelPrice, 'id' | 'providerKey' | 'modelKey'>;

/** A rate is for a million tokens, so one token's cost has six decimals more: as many as an amount may have. */
const rateLimits = { integerDigits: maxIntegerDigits, fractionDigits: 12 };

/**
 * Sets a price from an instant on and ends the one that applies at that instant. Prices that begin later stay, so the new
 * one must end before them. Recorded calls keep their cost.
 * @throws {ValidationError} naming the field, also where the price would overlap with another.
 */
export async function setModelPrice(
  em: SqlEntityManager,
  principal: Principal,
  input: SetModelPrice,
  now: Date,
): Promise<NewModelPrice> {
  const price = check(input);
  const { tenantId, effectiveFrom, effectiveTo } = price;
  return audited(em, principal, now, async (em) => {
    await advanceModelPriceRevision(em);
    const [current, ...later] = await findModelPricesSince(em, tenantId, price, effectiveFrom);
    const replaced = current && current.effectiveFrom < effectiveFrom ? current : undefined;
    const next = replaced ? later[0] : current;
    if (next && (effectiveTo === null || effectiveTo > next.effectiveFrom)) throw overlap(next.effectiveFrom, price);
    if (replaced) await endModelPrice(em, tenantId, replaced.id, effectiveFrom);
    await insertModelPrice(em, price);
    return {
      result: price,
      act: {
        action: 'price.set',
        tenantId,
        target: price.id,
        details: { ...describe(price), ended: replaced?.id ?? null },
      },
    };
  });
}

function check(input: SetModelPrice): NewModelPrice {
  const provider = identifier(input.provider, 'provider');
  const model = identifier(input.model, 'model');
  if (input.effectiveTo && input.effectiveTo <= input.effectiveFrom)
    throw new ValidationError("'effectiveTo' must be strictly greater than 'effectiveFrom'", 'effectiveTo');
  for (const field of rateFields) {
    const rate = input[field];
    const problem = rate && amountProblem(rate, rateLimits);
    if (problem) throw new ValidationError(`'${field}' ${problem}`, field);
  }
  const names = modelNames(provider, model);
  return { ...input, id: uuidv7(), provider, model, providerKey: names.provider, modelKey: names.models[0] };
}

function overlap(next: Date, { effectiveFrom }: NewModelPrice): ValidationError {
  const begins = `a price of this model begins at ${next.toISOString()}`;
  return next.getTime() === effectiveFrom.getTime()
    ? new ValidationError(`'effectiveFrom': ${begins} already`, 'effectiveFrom')
    : new ValidationError(`'effectiveTo' must not be later: ${begins}`, 'effectiveTo');
}

const describe = (price: NewModelPrice) => ({
  provider: price.provider,
  model: price.model,
  effectiveFrom: price.effectiveFrom.toISOString(),
  effectiveTo: price.effectiveTo?.toISOString() ?? null,
  ...Object.fromEntries(rateFields.map((field) => [field, price[field] && formatDecimal(price[field])])),
});
