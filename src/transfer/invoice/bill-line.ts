import { Big } from 'big.js';
import { OperatorError } from '../../values/errors.ts';
import type { JsonObject } from '../../values/json.ts';
import type { Decimal } from '../../values/money.ts';
import { first, msOf, numberAt } from '../import/presets/values.ts';

/** One line of a bill. */
export interface BillLine {
  /** Begin of its UTC day, in milliseconds since 1970. */
  dayMs: number;
  /** As the bill names it; undefined for what is billed without a model, such as searches. */
  model: string | undefined;
  usd: Decimal;
  /** By how much the line may be rounded, in USD. */
  roundedByUsd: Decimal;
}

/** A form that bills come in. */
export interface BillForm {
  /** In words, for whoever has another one. */
  description: string;
  fits: (record: JsonObject) => boolean;
  /** @throws {OperatorError} saying what cannot be read, without the line. */
  read: (record: JsonObject) => BillLine;
}

const dayMs = 86_400_000;
const cent = new Big('0.01');

const amountColumns = ['amount_usd', 'cost_usd', 'amount', 'cost', 'usd', 'total'];
const dayColumns = ['day', 'date', 'usage_date_utc', 'start_time_iso', 'start_time', 'starting_at'];

/** OpenAI's line items: "gpt-4o-2024-08-06, cached input", or what is no model, such as "web search tool calls". */
function modelOfItem(item: unknown): string | undefined {
  if (typeof item !== 'string') return undefined;
  const [name = ''] = item.split(', ');
  return /\s/.test(name) ? undefined : name;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

export const billForms: readonly BillForm[] = [
  {
    description: "a page of OpenAI's /v1/organization/costs",
    fits: (record) => first(record, 'amount.value') !== undefined,
    read: (record) => {
      inUsd(first(record, 'amount.currency'));
      return line(
        first(record, 'start_time'),
        modelOfItem(first(record, 'line_item')),
        amountOf(record, 'amount.value'),
      );
    },
  },
  {
    description: "OpenAI's cost export (CSV with amount_value)",
    fits: (record) => first(record, 'amount_value') !== undefined,
    read: (record) => {
      inUsd(first(record, 'amount_currency'));
      const start = first(record, 'start_time', 'start_time_iso');
      return line(start, modelOfItem(first(record, 'line_item')), amountOf(record, 'amount_value'));
    },
  },
  {
    description: "a page of Anthropic's /v1/organizations/cost_report",
    fits: (record) => first(record, 'starting_at') !== undefined && first(record, 'currency') !== undefined,
    read: (record) => {
      inUsd(first(record, 'currency'));
      const { usd, roundedByUsd } = amountOf(record, 'amount');
      const inCents = { usd: usd.times(cent), roundedByUsd: roundedByUsd.times(cent) };
      return line(first(record, 'starting_at'), text(first(record, 'model')), inCents);
    },
  },
  {
    description:
      "CSV with a day, a model and an amount in USD, as Anthropic's console exports it (usage_date_utc, model, cost_usd)",
    fits: (record) => first(record, ...dayColumns) !== undefined && first(record, ...amountColumns) !== undefined,
    read: (record) => {
      const currency = first(record, 'currency');
      if (currency !== undefined) inUsd(currency);
      return line(first(record, ...dayColumns), text(first(record, 'model')), amountOf(record, ...amountColumns));
    },
  },
];

function line(start: unknown, model: string | undefined, amount: Pick<BillLine, 'usd' | 'roundedByUsd'>): BillLine {
  const day = typeof start === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(start) ? `${start}T00:00:00Z` : start;
  const ms = msOf(day);
  if (ms === undefined) throw new OperatorError(`'${String(start)}' is no day`);
  return { dayMs: Math.floor(ms / dayMs) * dayMs, model, ...amount };
}

function inUsd(currency: unknown): void {
  if (String(currency).toUpperCase() !== 'USD')
    throw new OperatorError(`the amount is in ${String(currency)}; the ledger is in USD`);
}

/** No bill is rounded to less than cents, and an amount that was computed as a float says nothing behind these decimals. */
const [fewestDecimals, meaningfulDecimals] = [2, 12];

function amountOf(record: JsonObject, ...columns: readonly string[]): Pick<BillLine, 'usd' | 'roundedByUsd'> {
  const usd = numberAt(record, ...columns);
  if (!usd) throw new OperatorError(`'${String(first(record, ...columns))}' is no amount`);
  const decimals = Math.min(meaningfulDecimals, Math.max(fewestDecimals, usd.c.length - 1 - usd.e));
  return { usd, roundedByUsd: new Big(`1e-${decimals}`) };
}
