import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { GraphQLJSONObject, GraphQLSafeInt, GraphQLTimeZone } from 'graphql-scalars';
import { Big } from 'big.js';
import { builder } from './builder.ts';
import { parseDateTime } from '../values/date-time.ts';
import { isJsonObject, parseSentJson } from '../values/json.ts';
import { parseLocalDate } from '../values/local-date.ts';
import { formatDecimal, parseDecimal } from '../values/money.ts';
import { parseTimeZone } from '../values/time-zone.ts';
import { Unreadable } from '../values/unreadable.ts';

/** A scalar that travels as a string both ways. */
function stringScalar<T>(
  name: string,
  description: string,
  read: (text: string) => T,
  write: (value: unknown) => string,
) {
  return new GraphQLScalarType<T, string>({
    name,
    description,
    coerceInputValue(value) {
      if (typeof value !== 'string') throw new GraphQLError(`${name} must be a string.`);
      return read(value);
    },
    coerceInputLiteral(node) {
      if (node.kind !== Kind.STRING) throw new GraphQLError(`${name} must be a string.`);
      return read(node.value);
    },
    coerceOutputValue: write,
  });
}

const dateTime = stringScalar(
  'DateTime',
  'An instant as an RFC 3339 string with an explicit offset: "2026-04-15T12:30:00+02:00". A time without an offset is an error. Precise to the millisecond; answers are in UTC.',
  parseDateTime,
  (value) => {
    if (!(value instanceof Date)) throw new TypeError('DateTime represents a Date');
    return value.toISOString();
  },
);

const decimal = stringScalar(
  'Decimal',
  'An exact decimal as a string in plain notation: "0.0042175". Never a float, never rounded.',
  (text) => parseDecimal(text) ?? new Unreadable('must be a decimal in plain notation, like "0.0042175"'),
  (value) => {
    if (!(value instanceof Big)) throw new TypeError('Decimal represents a Big');
    return formatDecimal(value);
  },
);

const writeSafeInt = (value: unknown) =>
  GraphQLSafeInt.coerceOutputValue(typeof value === 'bigint' ? value.toString() : value);

const safeInt = new GraphQLScalarType({
  ...GraphQLSafeInt.toConfig(),
  description: 'A whole number up to 2^53-1, as a JSON number. A larger sum is an error, never rounded.',
  serialize: writeSafeInt,
  coerceOutputValue: writeSafeInt,
});

const timeZone = stringScalar('TimeZone', 'An IANA time zone, such as "Europe/Berlin".', parseTimeZone, (value) =>
  GraphQLTimeZone.coerceOutputValue(value),
);

const localDate = stringScalar(
  'LocalDate',
  'A date on the calendar, without a time or a zone: "2026-04-01".',
  parseLocalDate,
  String,
);

const localDateTime = stringScalar(
  'LocalDateTime',
  'What a clock on the wall shows, to the second and without an offset: "2026-04-01T00:00:00". Given in answers only.',
  () => {
    throw new GraphQLError('LocalDateTime is given in answers only.');
  },
  String,
);

/** An object that is written into a document is read as one that comes as JSON is, with every number as it was written. */
function objectScalar(name: string, description: string) {
  const { parseValue: _parseValue, parseLiteral: _parseLiteral, ...config } = GraphQLJSONObject.toConfig();
  return new GraphQLScalarType<object>({
    ...config,
    name,
    description,
    coerceInputLiteral(node) {
      const value = parseSentJson(jsonOf(node));
      if (!isJsonObject(value)) throw new GraphQLError(`${name} must be an object.`);
      return value;
    },
  });
}

function jsonOf(node: ValueNode): string {
  switch (node.kind) {
    case Kind.OBJECT:
      return `{${node.fields.map(({ name, value }) => `"${name.value}":${jsonOf(value)}`).join()}}`;
    case Kind.LIST:
      return `[${node.values.map(jsonOf).join()}]`;
    case Kind.INT:
    case Kind.FLOAT:
      return node.value;
    case Kind.STRING:
    case Kind.BOOLEAN:
      return JSON.stringify(node.value);
    case Kind.NULL:
      return 'null';
    default:
      throw new GraphQLError('A value within JSON must be a string, a number, a boolean, null, an object or a list.');
  }
}

const tags = objectScalar(
  'Tags',
  'Values by the names of tags, as a JSON object of strings: {"team": "search", "environment": "production"}. Up to 16.',
);

const units = objectScalar(
  'Units',
  'Quantities by the names of units, as a JSON object of exact decimals in strings: {"web_searches": "2", "audio_seconds": "12.5"}. Whole numbers are taken as well. Up to 16, each at most 10^12 with 12 decimals.',
);

const jsonObject = objectScalar('JSONObject', 'A JSON object.');

builder.addScalarType('DateTime', dateTime);
builder.addScalarType('Decimal', decimal);
builder.addScalarType('SafeInt', safeInt);
builder.addScalarType('TimeZone', timeZone);
builder.addScalarType('LocalDate', localDate);
builder.addScalarType('LocalDateTime', localDateTime);
builder.addScalarType('Tags', tags);
builder.addScalarType('Units', units);
builder.addScalarType('JSONObject', jsonObject);
