import { hash } from 'node:crypto';
import { ValidationError } from '../../values/errors.ts';
import { parseDecimal } from '../../values/money.ts';
import type { CallInput } from '../../recording/validate-call.ts';
import { costSources, isCostSource } from '../../recording/added-fields.ts';
import type { FileField } from '../call-file.ts';
import type { FieldMap } from './field-map.ts';
import { textNotation, type Notation } from './notation.ts';
import type { Fields, FileRecord } from './read-records.ts';

export interface CallReading {
  fields: FieldMap;
  notation: Notation;
  time: (text: string, field: string) => Date;
}

/**
 * Reads the fields of a call out of a record. Only types are checked here; the ledger's rules are the recording's.
 * @throws {ValidationError} naming the first field that cannot be read.
 */
export function toCall(record: Fields, reading: CallReading): CallInput {
  const call = readFields(record, reading);
  return {
    ...call,
    inputTokens: required(call.inputTokens, 'inputTokens'),
    outputTokens: required(call.outputTokens, 'outputTokens'),
  };
}

/** The same without asking for the required fields. @throws {ValidationError} */
export function readFields(record: Fields, { fields, notation, time }: CallReading): Partial<CallInput> {
  function read<T>(field: FileField, as: (value: unknown, field: FileField, notation: Notation) => T): T | undefined {
    const constant = fields.constants.get(field);
    if (constant !== undefined) return as(constant, field, textNotation);
    const column = fields.columns.get(field);
    // Own properties only: a column may be called "constructor".
    const value = column !== undefined && Object.hasOwn(record, column) ? record[column] : undefined;
    return notation.isLeftOut(value) ? undefined : as(value, field, notation);
  }
  const instant = (value: unknown, field: FileField) => time(text(value, field), field);
  return {
    requestId: read('requestId', text),
    occurredAt: read('occurredAt', instant),
    agentId: read('agentId', text),
    provider: read('provider', text),
    model: read('model', text),
    operation: read('operation', text),
    channelId: read('channelId', text),
    userId: read('userId', text),
    botId: read('botId', text),
    threadId: read('threadId', text),
    knowledgeBaseId: read('knowledgeBaseId', text),
    inputTokens: read('inputTokens', count),
    outputTokens: read('outputTokens', count),
    cachedInputTokens: read('cachedInputTokens', count),
    cacheWriteTokens: read('cacheWriteTokens', count),
    reasoningTokens: read('reasoningTokens', count),
    durationMs: read('durationMs', count),
    status: read('status', status),
    costUsd: read('costUsd', usd),
    metadata: read('metadata', (value, field, notation) => notation.object(value, field)),
    added: {
      recordedAt: read('recordedAt', instant),
      costSource: read('costSource', costSource),
      priceId: read('priceId', text),
      voidedAt: read('voidedAt', instant),
      voidReason: read('voidReason', text),
      voidedBy: read('voidedBy', text),
    },
  };
}

function text(value: unknown, field: FileField): string {
  if (typeof value !== 'string') throw new ValidationError(`'${field}' must be a string`, field);
  return value;
}

const count = (value: unknown, field: FileField, notation: Notation) => notation.count(value, field);

function status(value: unknown, field: FileField) {
  if (value !== 'SUCCESS' && value !== 'FAILED')
    throw new ValidationError(`'${field}' must be SUCCESS or FAILED`, field);
  return value;
}

function costSource(value: unknown, field: FileField) {
  if (typeof value !== 'string' || !isCostSource(value))
    throw new ValidationError(`'${field}' must be one of ${costSources.join(', ')}`, field);
  return value;
}

function usd(value: unknown, field: FileField) {
  if (typeof value === 'number')
    throw new ValidationError(
      `'${field}' must be a string like "0.0042175": a JSON number is a float and may be off`,
      field,
    );
  const amount = parseDecimal(text(value, field));
  if (!amount) throw new ValidationError(`'${field}' must be a decimal in plain notation, like 0.0042175`, field);
  return amount;
}

function required(value: number | null | undefined, field: FileField): number {
  if (value === undefined || value === null) throw new ValidationError(`'${field}' is required`, field);
  return value;
}

const idHexDigits = 32;

/**
 * The idempotency key of a record that has none: the same whenever the record is read again, whatever the file is
 * called, whether it is packed, and whatever was appended to it.
 */
export function recordId(source: string | undefined, { number, raw }: Pick<FileRecord, 'number' | 'raw'>): string {
  return `imp_${hash('sha256', JSON.stringify([source ?? '', number, raw]), 'hex').slice(0, idHexDigits)}`;
}
