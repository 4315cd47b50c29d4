import { Big } from 'big.js';
import { costSources, isCostSource } from './added-fields.ts';
import { compiled } from './compiled.ts';
import { fieldNamed, isLeftOut, sentFields, type SentField } from './field-groups.ts';
import type { ValueReader } from './field-kinds.ts';
import type { CostSource } from '../pricing/cost-source.type.ts';
import { parseDateTime } from '../values/date-time.ts';
import { ValidationError } from '../values/errors.ts';
import { isJsonObject } from '../values/json.ts';
import { parseDecimal, type Decimal } from '../values/money.ts';
import { readRequired } from '../values/unreadable.ts';
import type { CallStatus } from './call.entity.ts';
import type { GivenProviderUsage } from './provider-usage.ts';
import type { CallInput } from './validate-call.ts';

/** A call as it came in JSON, of which nothing has been looked at: whatever is wrong with it is about this call alone. */
export class UnreadCall {
  readonly json: unknown;

  constructor(json: unknown) {
    this.json = json;
  }

  /** What its idempotency key would be, for the answer about a call that cannot be read. */
  get requestId(): string | null {
    const given = isJsonObject(this.json) ? this.json['requestId'] : undefined;
    return typeof given === 'string' || typeof given === 'number' ? String(given) : null;
  }
}

const wrong = (field: string, problem: string) => new ValidationError(`'${field}' must be ${problem}`, field);

/** Reads what can be read without doubt: numbers that came as text, and texts that came as numbers. */
const reader: ValueReader = {
  text(value, field) {
    if (typeof value === 'number') return String(value);
    if (typeof value !== 'string') throw wrong(field, 'a string');
    return value;
  },
  count(value, field) {
    const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number') throw wrong(field, 'a whole number');
    return number;
  },
  milliseconds(value, field) {
    const number = typeof value === 'string' && /^\d{1,16}(\.\d{1,20})?$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number') throw wrong(field, 'a number of milliseconds');
    return Math.round(number);
  },
  time(value, field) {
    if (typeof value !== 'string') throw wrong(field, 'an RFC 3339 date-time in a string');
    return readRequired(parseDateTime(value), field);
  },
  usd(value, field): Decimal {
    // The shortest text that is read as the same number, which is what the sender wrote.
    if (typeof value === 'number') return new Big(String(value));
    const amount = typeof value === 'string' ? parseDecimal(value) : undefined;
    if (!amount) throw wrong(field, 'a decimal in plain notation, like "0.0042175"');
    return amount;
  },
  object(value, field) {
    if (!isJsonObject(value)) throw wrong(field, 'a JSON object');
    return value;
  },
  status(value, field): CallStatus {
    const name = typeof value === 'string' ? value.toUpperCase() : value;
    if (name !== 'SUCCESS' && name !== 'FAILED') throw wrong(field, 'SUCCESS or FAILED');
    return name;
  },
  costSource(value, field): CostSource {
    if (typeof value !== 'string' || !isCostSource(value)) throw wrong(field, `one of ${costSources.join(', ')}`);
    return value;
  },
};

const read = Object.fromEntries(sentFields.map((field) => [field, fieldNamed[field].kind.readFrom]));
/** Reads what a provider said, as far as it is of the right form. */
function readProviderUsage(given: unknown): GivenProviderUsage {
  const { body, api, ...others } = reader.object(given, 'providerUsage');
  const [other] = Object.keys(others);
  if (other !== undefined || !isJsonObject(body))
    throw wrong('providerUsage', "an object with the provider's answer as its `body` and, if need be, `api`");
  return { body, api: isLeftOut(api) ? undefined : reader.text(api, 'providerUsage') };
}

const names: ReadonlySet<string> = new Set([...sentFields, 'providerUsage', 'replaces', 'reservationId']);

function readFlag(given: unknown, field: string): boolean {
  if (typeof given !== 'boolean') throw wrong(field, 'true or false');
  return given;
}

const valueText = (field: SentField) =>
  `${field}: isLeftOut(json.${field}) ? undefined : read.${field}(reader, json.${field}, '${field}')`;

const longestName = 100;

const isKnown = (name: string) => names.has(name);

function unknownField(name: string): ValidationError {
  const shown = name.slice(0, longestName);
  return new ValidationError(`A call has no field '${shown}'`, shown);
}

const readFields = compiled<[json: Readonly<Record<string, unknown>>], CallInput>(
  'json',
  `for (const name in json) if (!isKnown(name)) throw unknownField(name);
   return {
     ${sentFields.map(valueText).join(', ')},
     reservationId: isLeftOut(json.reservationId) ? undefined : reader.text(json.reservationId, 'reservationId'),
     replaces: isLeftOut(json.replaces) ? undefined : readFlag(json.replaces, 'replaces'),
     providerUsage: isLeftOut(json.providerUsage) ? undefined : readProviderUsage(json.providerUsage),
   };`,
  { isKnown, unknownField, isLeftOut, read, reader, readFlag, readProviderUsage },
);

/**
 * The fields of a call that came in JSON. Only types are checked here; recording checks the rules of the ledger.
 * @throws {ValidationError} naming the first field that cannot be read, or that no call has.
 */
export function readCall(json: unknown): CallInput {
  if (!isJsonObject(json)) throw new ValidationError('A call must be a JSON object');
  return readFields(json);
}
