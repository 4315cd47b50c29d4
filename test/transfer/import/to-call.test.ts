import { describe, expect, it } from 'vitest';
import { ValidationError } from '../../../src/values/errors.ts';
import { formatDecimal } from '../../../src/values/money.ts';
import { planImport } from '../../../src/transfer/import/plan.ts';
import { toCall } from '../../../src/transfer/import/to-call.ts';
import type { CallInput } from '../../../src/recording/validate-call.ts';

const tokens = { csv: { inputTokens: '1', outputTokens: '2' }, ndjson: { inputTokens: 1, outputTokens: 2 } };

const callOf = (format: 'csv' | 'ndjson', fields: Record<string, unknown>, timezone?: string) =>
  toCall({ ...tokens[format], ...fields }, planImport({ file: `calls.${format}`, tenant: 'acme', timezone }).reading);

function refusal(read: () => CallInput): { field: string | undefined; reason: string } | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof ValidationError) return { field: error.field, reason: error.message };
    throw error;
  }
}

describe('toCall of CSV', () => {
  it('reads text into types and counts empty cells as left out', () => {
    const call = callOf('csv', {
      requestId: 'r-1',
      agentId: '',
      durationMs: '0042',
      status: 'FAILED',
      costUsd: '0.10',
      metadata: '{"a":[1]}',
      tenant: 'other',
    });
    expect(call).toMatchObject({
      requestId: 'r-1',
      agentId: undefined,
      inputTokens: 1,
      outputTokens: 2,
      durationMs: 42,
      status: 'FAILED',
      metadata: { a: [1] },
    });
    expect(call.costUsd && 'toFixed' in call.costUsd && formatDecimal(call.costUsd)).toBe('0.1');
    expect(call).not.toHaveProperty('tenant');
  });

  it.each([
    ['inputTokens', '1.5', "'inputTokens' must be a whole number, like 374"],
    ['inputTokens', ' 1', "'inputTokens' must be a whole number, like 374"],
    ['outputTokens', '1e-1', "'outputTokens' must be a whole number, like 374"],
    ['outputTokens', 'NaN', "'outputTokens' must be a whole number, like 374"],
    ['durationMs', '9 ms', "'durationMs' must be a number of milliseconds, like 374 or 374.5"],
    ['status', 'maybe', "'status' must be SUCCESS or FAILED"],
    ['costUsd', '1e-500', "'costUsd' must be a decimal, like 0.0042175"],
    ['costUsd', '$1', "'costUsd' must be a decimal, like 0.0042175"],
    ['metadata', '[]', "'metadata' must be a JSON object"],
    ['metadata', '{', "'metadata' must be a JSON object"],
    ['occurredAt', 'yesterday', "'occurredAt' must be an RFC 3339 date-time with an offset, like 2026-04-01T00:00:00Z"],
  ])('refuses %s %j', (field, value, reason) => {
    expect(refusal(() => callOf('csv', { [field]: value }))).toEqual({ field, reason });
  });
});

describe('toCall of NDJSON', () => {
  it('takes values of the right type and counts null as left out', () => {
    const call = callOf('ndjson', { model: 'gpt-4', userId: null, durationMs: 5, costUsd: '0.10', metadata: { a: 1 } });
    expect(call).toMatchObject({ model: 'gpt-4', userId: undefined, durationMs: 5, metadata: { a: 1 } });
  });

  it.each([
    ['inputTokens', [1], "'inputTokens' must be a whole number, like 374"],
    ['model', true, "'model' must be a string"],
    ['occurredAt', 17, "'occurredAt' must be an RFC 3339 date-time with an offset, like 2026-04-01T00:00:00Z"],
    ['status', true, "'status' must be SUCCESS or FAILED"],
    ['costUsd', true, "'costUsd' must be a decimal, like 0.0042175"],
    ['metadata', [1], "'metadata' must be a JSON object"],
  ])('refuses %s %j', (field, value, reason) => {
    expect(refusal(() => callOf('ndjson', { [field]: value }))).toEqual({ field, reason });
  });

  it('takes what can be read without doubt, whatever its type', () => {
    const call = callOf('ndjson', {
      requestId: 42,
      inputTokens: '10.0',
      outputTokens: '1.2e3',
      durationMs: '1840.5',
      occurredAt: 1_765_370_855.248,
      status: 'failure',
      costUsd: 1.5000000000000002e-5,
      metadata: '{"a":1}',
    });
    expect(call).toMatchObject({
      requestId: '42',
      inputTokens: 10,
      outputTokens: 1200,
      durationMs: 1841,
      occurredAt: new Date('2025-12-10T12:47:35.248Z'),
      status: 'FAILED',
      metadata: { a: 1 },
    });
    expect(call.costUsd && 'toFixed' in call.costUsd && formatDecimal(call.costUsd)).toBe('0.000015000000000000002');
  });

  it('reads nested paths, in the JSON of a cell too, and columns with a dot in their name first', () => {
    const { reading } = planImport({
      file: 'a.ndjson',
      tenant: 'acme',
      map: ['inputTokens=usage.input_tokens,outputTokens=usage.details.0.out,model=a.b'],
    });
    const usage = { input_tokens: 7, details: [{ out: 3 }] };
    const read = { inputTokens: 7, outputTokens: 3, model: 'gpt-5' };
    expect(toCall({ usage, 'a.b': 'gpt-5', a: { b: 'other' } }, reading)).toMatchObject(read);
    expect(toCall({ usage: JSON.stringify(usage), a: { b: 'gpt-5' } }, reading)).toMatchObject(read);
    expect(toCall({ usage: 'none', a: null }, reading)).toMatchObject({ inputTokens: undefined, model: undefined });
  });

  it('does not take inherited properties for values', () => {
    const { reading } = planImport({ file: 'a.ndjson', tenant: 'acme', map: ['userId=constructor'] });
    expect(toCall(tokens.ndjson, reading).userId).toBeUndefined();
  });
});

describe('constants', () => {
  it('are read as text in either format', () => {
    const { reading } = planImport({ file: 'a.ndjson', tenant: 'acme', set: ['outputTokens=7,provider=azure'] });
    expect(toCall({ inputTokens: 1, outputTokens: 'ignored', provider: 'ignored' }, reading)).toMatchObject({
      outputTokens: 7,
      provider: 'azure',
    });
  });

  it('are checked before the file is read', () => {
    expect(() => planImport({ file: 'a.csv', tenant: '', set: ['inputTokens=many,costUsd=free,model=gpt-4'] })).toThrow(
      [
        "--tenant: 'tenant' must not be empty",
        "--set: 'inputTokens' must be a whole number, like 374",
        "--set: 'costUsd' must be a decimal, like 0.0042175",
      ].join('\n'),
    );
  });
});

describe('planImport', () => {
  it.each([
    ['a.csv', 'csv'],
    ['a.CSV.GZ', 'csv'],
    ['a.ndjson', 'ndjson'],
    ['a.jsonl.gz', 'ndjson'],
    ['a.json.gz', 'json'],
  ])('tells the format of %s', (file, format) => {
    expect(planImport({ file, tenant: 'acme' }).format).toBe(format);
  });

  it('asks for the format when the name does not tell', () => {
    expect(() => planImport({ file: 'a.txt', tenant: 'acme' })).toThrow('--format');
    expect(planImport({ file: 'a.txt', tenant: 'acme', format: 'ndjson' }).format).toBe('ndjson');
  });
});
