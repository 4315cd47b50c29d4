import { parseDateTime } from '../values/date-time.ts';
import { ValidationError } from '../values/errors.ts';
import { parseDecimal, type Decimal } from '../values/money.ts';
import { readRequired } from '../values/unreadable.ts';
import { readProviderUsage } from '../provider-usage/read-provider-usage.ts';
import { costSources, isCostSource } from './added-fields.ts';
import { fieldNamed, isLeftOut, sentFields, type GivenFields, type SentField } from './field-groups.ts';
import type { ValueReader } from './field-kinds.ts';
import type { CallInput } from './validate-call.ts';

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const wrong = (field: string, problem: string) => new ValidationError(`'${field}' ${problem}`, field);

/** Reads what can be read without doubt: numbers as text, fractions of a millisecond, a status in lower case. */
const lenient: ValueReader = {
  text(value, field) {
    if (typeof value === 'string') return value;
    if (typeof value === 'number' && Number.isFinite(value)) return String(value);
    throw wrong(field, 'must be a string');
  },
  count(value, field) {
    const number = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isFinite(number)) throw wrong(field, 'must be a whole number, like 374');
    return field.endsWith('Ms') ? Math.round(number) : number;
  },
  time: (value, field) => readRequired(parseDateTime(lenient.text(value, field)), field),
  usd(value, field): Decimal {
    const amount = typeof value === 'string' || typeof value === 'number' ? decimalOf(value) : undefined;
    if (!amount) throw wrong(field, 'must be a decimal, like "0.0042175"');
    return amount;
  },
  object(value, field) {
    if (!isObject(value)) throw wrong(field, 'must be a JSON object');
    return value;
  },
  status(value, field) {
    const status = typeof value === 'string' ? value.toUpperCase() : value;
    if (status !== 'SUCCESS' && status !== 'FAILED') throw wrong(field, 'must be SUCCESS or FAILED');
    return status;
  },
  costSource(value, field) {
    if (typeof value !== 'string' || !isCostSource(value))
      throw wrong(field, `must be one of ${costSources.join(', ')}`);
    return value;
  },
};

/** A number is taken as its shortest decimal text, also where JavaScript writes that with an exponent. */
function decimalOf(value: string | number): Decimal | undefined {
  const small = /^(\d)(?:\.(\d+))?e-(\d+)$/.exec(String(value));
  if (!small) return parseDecimal(String(value));
  const [, digit = '', rest = '', exponent] = small;
  return parseDecimal(`0.${'0'.repeat(Math.min(40, Number(exponent) - 1))}${digit}${rest}`);
}

const isSent = (name: string): name is SentField => sentFields.some((field) => field === name);

/**
 * The fields of a call from a JSON object with the fields of RecordUsageInput. Recording checks the rules of the ledger.
 * @throws {ValidationError} naming the first field that is unknown or cannot be read.
 */
export function readCall(record: Readonly<Record<string, unknown>>): CallInput {
  const { providerUsage, ...fields } = record;
  const call: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (!isSent(name)) throw wrong(name, 'is not a field of a call');
    if (isLeftOut(value)) continue;
    const { kind } = fieldNamed[name];
    call[name] = kind.readFrom ? kind.readFrom(lenient, value, name) : lenient.text(value, name);
  }
  return isLeftOut(providerUsage) ? call : withProviderUsage(call, lenient.object(providerUsage, 'providerUsage'));
}

function withProviderUsage(call: GivenFields, body: Record<string, unknown>): CallInput {
  const { provider, model } = call;
  const { responseId, ...usage } = readProviderUsage({
    body,
    provider: provider ?? undefined,
    model: model ?? undefined,
  });
  const { units, ...rest } = usage;
  return {
    ...(responseId === undefined ? {} : { requestId: responseId }),
    ...rest,
    ...(Object.keys(units).length > 0 ? { units } : {}),
    ...call,
  };
}
