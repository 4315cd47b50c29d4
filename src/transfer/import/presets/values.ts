import { hash } from 'node:crypto';
import type { Big } from 'big.js';
import type { JsonObject } from '../../../values/json.ts';
import { timeReader } from '../read-time.ts';
import { pathOf, valueAt } from '../value-at.ts';
import { decimalOf } from '../value-reader.ts';

/** Whether a system has left a value out: many write an empty text, or "None". */
const isNone = (value: unknown) =>
  value === undefined || value === null || value === '' || value === 'None' || value === 'null';

/** The first of the paths that has a value. */
export function first(record: JsonObject, ...columns: readonly string[]): unknown {
  for (const column of columns) {
    const value = valueAt(record, column, pathOf(column));
    if (!isNone(value)) return value;
  }
  return undefined;
}

/** The first of the paths that has a number. */
export const numberAt = (record: JsonObject, ...columns: readonly string[]): Big | undefined =>
  decimalOf(first(record, ...columns));

/** The sum of numbers, each 0 where there is none. */
export const sumOf = (...numbers: readonly (Big | undefined)[]): number =>
  numbers.reduce((sum, number) => sum + (number?.toNumber() ?? 0), 0);

const utc = timeReader('UTC');

/** A time in milliseconds since 1970; undefined where there is none that can be read. */
export function msOf(value: unknown): number | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  try {
    return utc(String(value), 'time').getTime();
  } catch {
    return undefined;
  }
}

/** Milliseconds from one time to a later one; undefined unless both can be read. */
export function msBetween(from: unknown, to: unknown): number | undefined {
  const [begin, end] = [msOf(from), msOf(to)];
  return begin === undefined || end === undefined || end < begin ? undefined : end - begin;
}

/** The properties that have a value; undefined when none has. */
export function withValues(object: JsonObject): JsonObject | undefined {
  const entries = Object.entries(object).filter(([, value]) => !isNone(value));
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** The properties of an object that are positive numbers; undefined when none is. */
export const positive = (object: Readonly<Record<string, Big | undefined>>): JsonObject | undefined =>
  withValues(
    Object.fromEntries(
      Object.entries(object).map(([name, number]) => [name, number?.gt(0) ? number.toFixed() : undefined]),
    ),
  );

const idHexDigits = 32;

/** A key that is the same whenever the same sums are exported again. */
export const sumId = (prefix: string, ...parts: readonly unknown[]): string =>
  `${prefix}_${hash('sha256', JSON.stringify(parts.map((part) => part ?? null)), 'hex').slice(0, idHexDigits)}`;
