import { Big } from 'big.js';
import type { Decimal } from '../values/money.ts';
import type { Rates, Unpriced } from './price.ts';
import type { BilledBesides, TokenCounts } from './token-counts.ts';
import { contains, isFieldUnit, joinOf, specificity, unitKind } from './unit-kinds.ts';

const zero = new Big(0);

/** Fees for an act of the provider; a call that failed before it used tokens pays none. */
const isFee = (unit: string) => /^requests(_|$)|_(searches|executions)$/.test(unit);

/**
 * How much of a call each rate of a price bills, every token once: a rate bills what its unit counts and no narrower rate
 * does. Unpriced when the call has what no rate is for, or does not say how its units overlap.
 */
export function leavesOf(call: TokenCounts & BilledBesides, price: Rates): Map<string, Decimal> | Unpriced {
  const given = quantitiesOf(call, price);
  if ('unpricedReason' in given) return given;
  const known = new Map<string, Decimal>();
  for (const [unit, quantity] of given) {
    if (price.rates.has(unit) || unit === 'input_tokens' || unit === 'output_tokens') known.set(unit, quantity);
    else if (quantity.gt(0) && !isOrdinary(unit, price))
      return { unpricedReason: `The price has no rate for ${unit}.` };
  }
  const total = { input: new Big(call.inputTokens), output: new Big(call.outputTokens) };
  for (const [unit, quantity] of joinsOf(known, given, total)) {
    if (!quantity) return { unpricedReason: `The units must say how many ${unit} there were.` };
    if (quantity.gt(0) && !price.rates.has(unit)) return { unpricedReason: `The price has no rate for ${unit}.` };
    known.set(unit, quantity);
  }
  return toLeaves(known, price);
}

function quantitiesOf(call: TokenCounts & BilledBesides, price: Rates): Map<string, Decimal> | Unpriced {
  const quantities = new Map<string, Decimal>();
  const failedEarly = call.status === 'FAILED' && call.inputTokens + call.outputTokens === 0;
  for (const [unit, quantity] of Object.entries(call.units ?? {})) {
    if (isFieldUnit(unit)) return { unpricedReason: `${unit} are a field of a call, not one of its units.` };
    if (!(failedEarly && isFee(unit))) quantities.set(unit, new Big(String(quantity)));
  }
  if (price.rates.has('requests') && !quantities.has('requests') && !failedEarly)
    quantities.set('requests', new Big(1));
  const cached = call.cachedInputTokens;
  const written = call.cacheWriteTokens;
  quantities.set('cache_read_tokens', new Big(cached));
  quantities.set('cache_write_tokens', new Big(written));
  quantities.set('cache_write_1h_tokens', new Big(call.cacheWrite1hTokens ?? 0));
  quantities.set('output_reasoning_tokens', new Big(call.reasoningTokens));
  const isBilledByTokens = price.rates.has('input_tokens') || price.rates.has('output_tokens');
  if (!isBilledByTokens && !failedEarly && ![...price.rates.keys()].some((unit) => quantities.get(unit)?.gt(0)))
    return {
      unpricedReason: `The price is for ${[...price.rates.keys()].join(', ')}, of which the call says nothing.`,
    };
  if (price.feeUnits && !failedEarly && !price.feeUnits.some((unit) => quantities.get(unit)?.gt(0)))
    return { unpricedReason: feeIsUnknown(price.feeUnits) };
  if (
    price.mustTell?.length &&
    call.outputTokens > 0 &&
    ![...quantities.keys()].some((unit) => isOutputByModality(unit))
  )
    return {
      unpricedReason: `The call must say how many of its output tokens were what: ${price.mustTell.join(', ')}.`,
    };
  for (const [unit, least] of price.minimums ?? []) {
    const quantity = quantities.get(unit);
    if (quantity?.gt(0) && quantity.lt(least)) quantities.set(unit, least);
  }
  // Last, so that what is missing is named by what is special about it.
  quantities.set('input_tokens', new Big(call.inputTokens));
  quantities.set('output_tokens', new Big(call.outputTokens));
  return quantities;
}

function isOutputByModality(unit: string): boolean {
  const { family, direction, modality } = unitKind(unit);
  return family === 'tokens' && direction === 'output' && modality !== undefined;
}

const feeIsUnknown = (units: readonly string[]) =>
  units.length === 0
    ? 'A fee is taken for each request that the price does not have.'
    : `The fee for the request depends on its units, one of ${units.join(', ')}, and the call has none.`;

/** Tokens that are billed like the others of their direction unless they have a rate. */
function isOrdinary(unit: string, price: Rates): boolean {
  const { family, direction, modality, type, ttl } = unitKind(unit);
  if (family !== 'tokens') return false;
  if (ttl === '5m' && modality === undefined) return price.rates.has('cache_write_tokens');
  if (price.ordinary?.has(unit)) return true;
  const plainType = type === undefined || type === 'tool' || type === 'reasoning';
  if (modality === 'text' && !plainType) return price.rates.has(`${type}_tokens`);
  if (modality !== undefined && modality !== 'text')
    return type !== undefined && price.ordinary?.has(`${direction}_${modality}_tokens`) === true;
  return type !== undefined || modality === 'text' ? plainType : false;
}

/**
 * Units of both a modality and a type that the call has, such as cached audio: as given, or as they follow from the rest
 * (all of the input was audio). Undefined when they could be several.
 */
function* joinsOf(
  known: ReadonlyMap<string, Decimal>,
  given: ReadonlyMap<string, Decimal>,
  total: { input: Decimal; output: Decimal },
): Generator<[unit: string, quantity: Decimal | undefined]> {
  for (const [unit, quantity] of known) {
    const kind = unitKind(unit);
    if (!kind.direction || !kind.modality || kind.type || kind.family !== 'tokens' || quantity.eq(0)) continue;
    for (const [other, otherQuantity] of known) {
      const otherKind = unitKind(other);
      if (otherKind.direction !== kind.direction || !otherKind.type || otherKind.modality || otherKind.ttl) continue;
      if (otherQuantity.eq(0)) continue;
      const join = joinOf(kind, otherKind);
      const both = given.get(join);
      if (both) {
        yield [join, both];
        continue;
      }
      const overlap = quantity.plus(otherQuantity).minus(total[kind.direction]);
      const least = overlap.gt(0) ? overlap : zero;
      const most = quantity.lt(otherQuantity) ? quantity : otherQuantity;
      yield [join, least.eq(most) ? least : undefined];
    }
  }
}

function toLeaves(known: ReadonlyMap<string, Decimal>, price: Rates): Map<string, Decimal> | Unpriced {
  const units = [...new Set([...known.keys(), ...price.rates.keys()])]
    .map((unit) => ({ unit, kind: unitKind(unit) }))
    .toSorted((a, b) => specificity(b.kind) - specificity(a.kind));
  const leaves = new Map<string, Decimal>();
  for (const { unit, kind } of units) {
    let narrower = zero;
    for (const other of units)
      if (other.unit !== unit && contains(kind, other.kind)) narrower = narrower.plus(leaves.get(other.unit) ?? zero);
    const quantity = known.get(unit);
    if (quantity === undefined || (quantity.eq(0) && !isFieldUnit(unit))) continue;
    if (narrower.gt(quantity))
      return { unpricedReason: `The call has fewer ${unit} than of the units that are part of them.` };
    leaves.set(unit, quantity.minus(narrower));
  }
  return leaves;
}
