import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { audited } from '../audit/audited.ts';
import { ValidationError } from '../values/errors.ts';
import { formatDecimal } from '../values/money.ts';
import type { Principal } from '../caller/principal.ts';
import { checkedPrice, rateFields, type SetModelPrice } from './checked-price.ts';
import {
  advanceModelPriceRevision,
  endModelPrice,
  findModelPricesSince,
  insertModelPrice,
  type NewModelPrice,
} from './model-price.repository.ts';

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
  const price = checkedPrice(input);
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

function overlap(next: Date, { effectiveFrom }: NewModelPrice): ValidationError {
  const begins = `a price of this model and service tier begins at ${next.toISOString()}`;
  return next.getTime() === effectiveFrom.getTime()
    ? new ValidationError(`'effectiveFrom': ${begins} already`, 'effectiveFrom')
    : new ValidationError(`'effectiveTo' must not be later: ${begins}`, 'effectiveTo');
}

const describe = (price: NewModelPrice) => ({
  provider: price.provider,
  model: price.model,
  effectiveFrom: price.effectiveFrom.toISOString(),
  effectiveTo: price.effectiveTo?.toISOString() ?? null,
  serviceTier: price.serviceTier,
  tiers: price.tiers,
  units: price.units,
  ...Object.fromEntries(rateFields.map((field) => [field, price[field] && formatDecimal(price[field])])),
});
