import { Big } from 'big.js';
import type { Decimal } from '../../values/money.ts';
import type { TenantId } from '../../values/identifier.ts';
import type { ChargeKey, ChargeSums } from './charges.repository.ts';

/** What a charge is for, as FOCUS names it. */
export interface Meter {
  /** As the gateway names it: a class of tokens, or a unit. */
  name: string;
  label: string;
  /** What quantities are counted in. */
  unit: string;
}

/** A row: what a tenant's calls of a UTC day cost that have all of this in common. */
export interface Charge extends ChargeKey {
  tenantId: TenantId;
  tenantName: string;
  /** Begin of the UTC day. */
  day: Date;
  meter: Meter;
  quantity: Decimal;
  costUsd: Decimal;
}

const tokens = (name: string, label: string): Meter => ({ name, label, unit: 'Tokens' });

const inputTokens = tokens('input_tokens', 'Input Tokens');
const cachedInputTokens = tokens('cache_read_tokens', 'Cached Input Tokens');
const cacheWriteTokens = tokens('cache_write_tokens', 'Cache Write Tokens');
const outputTokens = tokens('output_tokens', 'Output Tokens');
const requests: Meter = { name: 'requests', label: 'Requests', unit: 'Requests' };
const severalUnits: Meter = { name: 'several_units', label: 'Several Units', unit: 'Requests' };

/** Endings of units' names that have a unit of measure in FOCUS; all others are counted in themselves. */
const measures: Readonly<Record<string, string>> = {
  tokens: 'Tokens',
  requests: 'Requests',
  seconds: 'Seconds',
  minutes: 'Minutes',
  hours: 'Hours',
};

function unitMeter(name: string): Meter {
  const words = name.split(/[_.-]+/).filter((word) => word !== '');
  const label = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ') || name;
  return { name, label, unit: measures[words.at(-1) ?? ''] ?? label };
}

/**
 * The charges of one combination. They add up to the sums: every token, unit and call is counted once, and so is every
 * part of the cost. What came as one number, without parts, is the cost of the requests.
 */
export function chargesOf(sums: ChargeSums): { meter: Meter; quantity: Decimal; costUsd: Decimal }[] {
  const parts = [sums.inputUsd, sums.cachedInputUsd, sums.cacheWriteUsd, sums.outputUsd, sums.unitsUsd];
  const unsplit = parts.reduce((rest, part) => rest.minus(part), sums.costUsd);
  const unitsApart = sums.units.reduce((rest, { costUsd }) => rest.minus(costUsd), sums.unitsUsd);
  const charges = [
    { meter: inputTokens, quantity: sums.inputTokens, costUsd: sums.inputUsd },
    { meter: cachedInputTokens, quantity: sums.cachedInputTokens, costUsd: sums.cachedInputUsd },
    { meter: cacheWriteTokens, quantity: sums.cacheWriteTokens, costUsd: sums.cacheWriteUsd },
    { meter: outputTokens, quantity: sums.outputTokens, costUsd: sums.outputUsd },
    // Requests may be a unit as well, which the calls themselves are not.
    ...sums.units.map(({ name, ...unit }) => ({
      meter: name === requests.name ? { ...unitMeter(name), name: 'unit_requests' } : unitMeter(name),
      ...unit,
    })),
    { meter: severalUnits, quantity: sums.callsOfSeveralUnits, costUsd: unitsApart },
    { meter: requests, quantity: sums.calls, costUsd: unsplit },
  ];
  return charges.filter(({ quantity, costUsd }) => !quantity.eq(0) || !costUsd.eq(0));
}

/** The sum of the costs of charges. */
export const totalOf = (charges: Iterable<{ costUsd: Decimal }>): Decimal =>
  [...charges].reduce((sum, { costUsd }) => sum.plus(costUsd), new Big(0));
