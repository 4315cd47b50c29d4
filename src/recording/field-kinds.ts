import { agentId, identifier, tenantId, type AgentId, type TenantId } from '../values/identifier.ts';
import { formatDecimal, type Decimal } from '../values/money.ts';
import type { Unreadable } from '../values/unreadable.ts';
import type { CostSource } from '../pricing/cost-source.type.ts';
import { checkCount, checkTokenCount } from '../pricing/token-counts.ts';
import type { CallStatus } from './call.entity.ts';
import { canonicalJson, jsonObject } from './json-object.ts';

/** A value as it comes from outside, where ids are still plain texts. */
export type Plain<Value> = Value extends TenantId | AgentId ? string : Value;

/** The same with texts that no scalar could read, so that the error can name the field. */
export type Given<Value> = Plain<Value> | (Value extends Date | Decimal ? Unreadable : never);

export type JsonValue = string | number | Record<string, unknown>;

/** Reads values of a file, which may be of any type. Its methods throw a ValidationError that names the field. */
export interface ValueReader {
  text(value: unknown, field: string): string;
  count(value: unknown, field: string): number;
  time(value: unknown, field: string): Date;
  usd(value: unknown, field: string): Decimal;
  object(value: unknown, field: string): Record<string, unknown>;
  status(value: unknown, field: string): CallStatus;
  costSource(value: unknown, field: string): CostSource;
}

/** What fields of one kind have in common. */
export interface FieldKind<Value, PlainValue = Plain<Value>, GivenValue = Given<Value>> {
  /** Type of its column in the recordset that is inserted. */
  readonly sqlType: 'text' | 'timestamptz' | 'integer' | 'bigint' | 'numeric' | 'jsonb';
  readonly graphqlType:
    | 'ID'
    | 'String'
    | 'SafeInt'
    | 'DateTime'
    | 'Decimal'
    | 'JSONObject'
    | 'CallStatus'
    | 'CostSource';
  /**
   * The value that was given. Absent where rules look at several fields.
   * @throws {ValidationError} naming the field when the value breaks a rule.
   */
  readonly check?: (given: GivenValue, field: string) => Value;
  /** How JSON says it, in the insert's recordset and in files, where that is not as it is. */
  readonly toJson?: (value: Value) => JsonValue;
  /** How the content hash takes it, where that is not as JSON says it. */
  readonly toHashed?: (value: Value) => string;
  /** Absent where no file has it. */
  readonly readFrom?: (reader: ValueReader, value: unknown, field: string) => PlainValue;
}

type Complete<Value> = FieldKind<Value> & (Value extends JsonValue ? unknown : { toJson: (value: Value) => JsonValue });

const kindOf = <Value>(kind: Complete<Value>): FieldKind<Value> => kind;
const asIs = <Value>(value: Value): Value => value;
const text = { sqlType: 'text', graphqlType: 'String' } as const;

export const kinds = {
  tenantId: kindOf<TenantId>({ ...text, graphqlType: 'ID', check: tenantId }),
  agentId: kindOf<AgentId>({
    ...text,
    graphqlType: 'ID',
    check: agentId,
    readFrom: (from, value, field) => from.text(value, field),
  }),
  /** 1 to 200 characters, none of them a control character. */
  identifier: kindOf<string>({ ...text, check: identifier, readFrom: (from, value, field) => from.text(value, field) }),
  /** For people to read. */
  freeText: kindOf<string>({ ...text, readFrom: (from, value, field) => from.text(value, field) }),
  tokenCount: kindOf<number>({
    sqlType: 'integer',
    graphqlType: 'SafeInt',
    check: checkTokenCount,
    readFrom: (from, value, field) => from.count(value, field),
  }),
  /** Any other whole number that is not negative. */
  count: kindOf<number>({
    sqlType: 'bigint',
    graphqlType: 'SafeInt',
    check: (value, field) => checkCount(value, field, Number.MAX_SAFE_INTEGER),
    readFrom: (from, value, field) => from.count(value, field),
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
  /** Bytes, which JSON says in base64; for the gateway alone. */
  hash: kindOf<Buffer | Uint8Array>({ ...text, toJson: (value) => value.toString('base64') }),
};

/** One field of a call, and all that the gateway does with it. */
export interface CallField<Value, PlainValue = Plain<NonNullable<Value>>, GivenValue = Given<NonNullable<Value>>> {
  readonly kind: FieldKind<NonNullable<Value>, PlainValue, GivenValue>;
  /** What is stored where it was left out. Absent where there is always a value. */
  readonly leftOut?: Value;
  /** Its place in the content hash, for ever; see `content-hash.ts`. A new field takes the next one. */
  readonly hashPlace?: number;
  /** How `RecordUsageInput` asks for it. Absent where no request may say it: the gateway adds it. */
  readonly input?: {
    readonly description: string;
    readonly required?: true;
    readonly defaultValue?: NonNullable<Value>;
  };
  /** How `UsageEvent` says it. */
  readonly output?: { readonly description: string };
  /** False where no file has it. Otherwise imports read it and exports write it, even what a gateway added. */
  readonly inFiles?: false;
}

/** The same, where null must be what stands for a value that was left out if the ledger may hold null. */
export type ListedField<Value> = CallField<Value> & (null extends Value ? { readonly leftOut: null } : unknown);
