import type { ConditionalPrice, ModelInfo, ModelPrice } from '@pydantic/genai-prices';

/** Days on which prices by time of day do not apply, from an instant on. */
export interface RestDays {
  since: Date;
  /** Hours by which the provider's clock is ahead of UTC. */
  utcOffsetHours: number;
  /** 0 is Sunday. */
  weekdays: readonly number[];
}

/** Rates that apply at an instant, and their place among the model's. */
export interface EffectivePrice {
  prices: ModelPrice;
  index: number;
  isOnlyOne: boolean;
}

/**
 * The rates of a model at an instant: of its dated ones the latest that has begun, and of those by time of day the last that
 * covers it. The ones by time of day belong to the dated one before them, so that they do not change the past.
 */
export function effectivePrice(
  { prices }: ModelInfo,
  at: Date,
  rest: RestDays | undefined,
): EffectivePrice | undefined {
  if (!Array.isArray(prices)) return { prices, index: -1, isOnlyOne: true };
  let found: EffectivePrice | undefined;
  let hasBegun = true;
  for (const [index, conditional] of prices.entries()) {
    const { constraint } = conditional;
    if (constraint?.type !== 'time_of_date') hasBegun = !constraint || new Date(constraint.start_date) <= at;
    else if (rest && isRestDay(rest, at)) continue;
    if (hasBegun && coversTime(conditional, at)) found = { prices: conditional.prices, index, isOnlyOne: false };
  }
  return found;
}

function isRestDay({ since, utcOffsetHours, weekdays }: RestDays, at: Date): boolean {
  return at >= since && weekdays.includes(new Date(at.getTime() + utcOffsetHours * 3_600_000).getUTCDay());
}

function coversTime({ constraint }: ConditionalPrice, at: Date): boolean {
  if (constraint?.type !== 'time_of_date') return true;
  const time = at.getTime() % dayMs;
  const from = timeOfDayMs(constraint.start_time);
  const to = timeOfDayMs(constraint.end_time);
  return to < from ? time >= from || time < to : time >= from && time < to;
}

const dayMs = 86_400_000;

/** "16:30:00Z" or "16:30:00+08:00" in milliseconds of a UTC day. */
function timeOfDayMs(time: string): number {
  return ((Date.parse(`1970-01-02T${time}`) % dayMs) + dayMs) % dayMs;
}
