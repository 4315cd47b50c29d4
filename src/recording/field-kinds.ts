import { agentId, identifier, tenantId, type AgentId, type TenantId } from '../values/identifier.ts';
import { formatDecimal, type Decimal } from '../values/money.ts';
import { readTags, type Tags } from '../values/tags.ts';
import { readUnits, type Units } from '../values/units.ts';
import type { Unreadable } from '../values/unreadable.ts';
import type { CostSource } from '../pricing/cost-source.type.ts';
import { serviceTierName } from '../pricing/service-tiers.ts';
import { checkCount, checkTokenCount } from '../pricing/token-counts.ts';
import type { CallStatus } from './call.entity.ts';
import { canonicalJson, jsonObject } from './json-object.ts';

/** A value as it comes from outside, where ids are still plain texts. */
export type Plain<Value> = Value extends TenantId | AgentId ? string : Value;

/** The same, or a text that no scalar could read, so that the error can name the field. */
export type Given<Value> = Plain<Value> | (Value extends Date | Decimal ? Unreadable : never);

export type JsonValue = string | number | Record<string, unknown>;

/** Reads values that come from outside and may be of any type. Each method throws a ValidationError that names the field. */
export interface ValueReader {
  text(value: unknown, field: string): string;
  count(value: unknown, field: string): number;
  /** Rounded, as clocks tell fractions. */
  milliseconds(value: unknown, field: string): number;
  time(value: unknown, field: string): Date;
  usd(value: unknown, field: string): Decimal;
  object(value: unknown, field: string): Record<string, unknown>;
  status(value: unknown, field: string): CallStatus;
  costSource(value: unknown, field: string): CostSource;
}

/** What fields of one kind have in common. */
export interface FieldKind<Value, PlainValue = Plain<Value>, GivenValue = Given<Value>> {
  /** Type of the column in the recordset of the insert. */
  readonly sqlType: 'text' | 'timestamptz' | 'integer' | 'bigint' | 'numeric' | 'jsonb';
  readonly graphqlType:
    | 'ID'
    | 'String'
    | 'SafeInt'
    | 'DateTime'
    | 'Decimal'
    | 'JSONObject'
    | 'Tags'
    | 'Units'
    | 'CallStatus'
    | 'CostSource';
  /**
   * Checks the value that was given and returns it as it is stored; null for one that says no more than a field that was
   * left out. Absent if its rules depend on several fields.
   * @throws {ValidationError} naming the field when the value breaks a rule.
   */
  readonly check?: (given: GivenValue, field: string) => Value | null;
  /** Writes the value as JSON, for the insert and for files. Absent if the value is JSON already. */
  readonly toJson?: (value: Value) => JsonValue;
  /** Writes the value for the content hash. Absent if that is the same as its JSON. */
  readonly toHashed?: (value: Value) => string;
  /** Reads the value from a file. Absent if no file has such values. */
  readonly readFrom?: (reader: ValueReader, value: unknown, field: string) => PlainValue;
}

type Complete<Value> = FieldKind<Value> & (Value extends JsonValue ? unknown : { toJson: (value: Value) => JsonValue });

const kindOf = <Value>(kind: Complete<Value>): FieldKind<Value> => kind;
const asIs = <Value>(value: Value): Value => value;
const text = { sqlType: 'text', graphqlType: 'String' } as const;

export const kinds = {
  tenantId: kindOf<TenantId>({
    ...text,
    graphqlType: 'ID',
    check: tenantId,
    readFrom: (from, value, field) => from.text(value, field),
  }),
  agentId: kindOf<AgentId>({
    ...text,
    graphqlType: 'ID',
    check: agentId,
    readFrom: (from, value, field) => from.text(value, field),
  }),
  /** 1 to 200 characters, without control characters. */
  identifier: kindOf<string>({ ...text, check: identifier, readFrom: (from, value, field) => from.text(value, field) }),
  /** For people to read. */
  freeText: kindOf<string>({ ...text, readFrom: (from, value, field) => from.text(value, field) }),
  /** As providers name it, in lower case; their words for the ordinary one are one. */
  serviceTier: kindOf<string>({
    ...text,
    check: (value, field) => serviceTierName(identifier(value, field)),
    readFrom: (from, value, field) => from.text(value, field),
  }),
  tokenCount: kindOf<number>({
    sqlType: 'integer',
    graphqlType: 'SafeInt',
    check: checkTokenCount,
    readFrom: (from, value, field) => from.count(value, field),
  }),
  /** A length of time, from 0 on. */
  milliseconds: kindOf<number>({
    sqlType: 'bigint',
    graphqlType: 'SafeInt',
    check: (value, field) => checkCount(value, field, Number.MAX_SAFE_INTEGER),
    readFrom: (from, value, field) => from.milliseconds(value, field),
  }),
  status: kindOf<CallStatus>({
    ...text,
    graphqlType: 'CallStatus',
    check: asIs,
    readFrom: (from, value, field) => from.status(value, field),
  }),
  time: kindOf<Date>({
    sqlType: 'timestamptz',
    graphqlType: 'DateTime',
    toJson: (value) => value.toISOString(),
    readFrom: (from, value, field) => from.time(value, field),
  }),
  usd: kindOf<Decimal>({
    sqlType: 'numeric',
    graphqlType: 'Decimal',
    toJson: formatDecimal,
    readFrom: (from, value, field) => from.usd(value, field),
  }),
  costSource: kindOf<CostSource>({
    ...text,
    graphqlType: 'CostSource',
    readFrom: (from, value, field) => from.costSource(value, field),
  }),
  jsonObject: kindOf<Record<string, unknown>>({
    sqlType: 'jsonb',
    graphqlType: 'JSONObject',
    check: jsonObject,
    toHashed: canonicalJson,
    readFrom: (from, value, field) => from.object(value, field),
  }),
  tags: kindOf<Tags>({
    sqlType: 'jsonb',
    graphqlType: 'Tags',
    check: readTags,
    toHashed: JSON.stringify,
    readFrom: (from, value, field) => readTags(from.object(value, field), field) ?? {},
  }),
  units: kindOf<Units>({
    sqlType: 'jsonb',
    graphqlType: 'Units',
    check: readUnits,
    toHashed: JSON.stringify,
    readFrom: (from, value, field) => readUnits(from.object(value, field), field) ?? {},
  }),
  /** Bytes, as base64 in JSON; internal to the gateway. */
  hash: kindOf<Buffer | Uint8Array>({ ...text, toJson: (value) => value.toString('base64') }),
};

/** One field of a call, and everything that the gateway does with it. */
export interface CallField<Value, PlainValue = Plain<NonNullable<Value>>, GivenValue = Given<NonNullable<Value>>> {
  readonly kind: FieldKind<NonNullable<Value>, PlainValue, GivenValue>;
  /** What is stored when the field was left out. Absent if there is always a value. */
  readonly leftOut?: Value;
  /** Its place in the content hash, which never changes; see `content-hash.ts`. A new field takes the next one. */
  readonly hashPlace?: number;
  /** The field in `RecordUsageInput`. Absent if no request may send it, since the gateway adds it. */
  readonly input?: {
    readonly description: string;
    readonly defaultValue?: NonNullable<Value>;
    /** Whether it tells what was used: a call needs one such field. */
    readonly tellsUsage?: true;
  };
  /** The field in `UsageEvent`. */
  readonly output?: {
    readonly description: string;
    /** What is shown where the ledger has nothing; null unless it is given. */
    readonly none?: NonNullable<Value>;
  };
  /** False if no file has it. Otherwise exports write it and imports read it, even if a gateway added it. */
  readonly inFiles?: false;
}

/** The same, for a list: a field that may be null in the ledger must be null when it is left out. */
export type ListedField<Value> = CallField<Value> & (null extends Value ? { readonly leftOut: null } : unknown);
