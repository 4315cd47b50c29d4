import { Big } from 'big.js';
import { describe, expect, it } from 'vitest';
import { ValidationError } from '../../src/values/errors.ts';
import { tenantId } from '../../src/values/identifier.ts';
import type { AddedFields } from '../../src/recording/field-groups.ts';
import { validateCall } from '../../src/recording/validate-call.ts';

const now = new Date('2026-11-22T12:00:00Z');
const call = (costUsd: string | null, added?: AddedFields) =>
  validateCall(
    {
      requestId: 'r-1',
      inputTokens: 1,
      outputTokens: 1,
      costUsd: costUsd === null ? null : new Big(costUsd),
      added,
    },
    { tenantId: tenantId('acme'), recordedBy: 'key', now },
  );

function refusal(costUsd: string | null, added: AddedFields): [string | undefined, string] | undefined {
  try {
    call(costUsd, added);
    return undefined;
  } catch (error) {
    if (error instanceof ValidationError) return [error.field, error.message];
    throw error;
  }
}

const later = new Date(now.getTime() + 5 * 60_000 + 1);
const voided = { voidedAt: now, voidReason: 'Twice.', voidedBy: 'key:1' };

describe('what a gateway added to a call', () => {
  it('is open where no file says it: a cost is the caller’s, no cost waits for a price', () => {
    expect(call('0.5')).toMatchObject({
      costSource: 'CALLER',
      costIsFinal: true,
      recordedAt: null,
      voidedAt: null,
    });
    expect(call(null)).toMatchObject({ costSource: 'UNPRICED', costIsFinal: false, costUsd: null });
  });

  it('is kept, and its cost source is final', () => {
    expect(call(null, { costSource: 'UNPRICED', recordedAt: now, ...voided })).toMatchObject({
      costSource: 'UNPRICED',
      costIsFinal: true,
      recordedAt: now,
      ...voided,
    });
    const finest = '999999999999999.000000000000000000000001';
    const priced = call(finest, { costSource: 'TENANT_PRICE', priceId: 'p-1' });
    expect(priced).toMatchObject({ costSource: 'TENANT_PRICE', priceId: 'p-1', costIsFinal: true });
    expect(priced.costUsd?.toFixed()).toBe(finest);
  });

  it('does not change what the call itself said', () => {
    const sent = call(null).contentHash;
    expect(call('0.1', { costSource: 'CATALOGUE', priceId: 'p-1', recordedAt: now, ...voided }).contentHash).toEqual(
      sent,
    );
    expect(call('0.1', { costSource: 'CALLER' }).contentHash).toEqual(call('0.10').contentHash);
    expect(call('0.1').contentHash).not.toEqual(sent);
  });

  it.each<[string, string | null, AddedFields, string]>([
    ['costUsd', null, { costSource: 'CALLER' }, "'costUsd' is required when 'costSource' is CALLER"],
    [
      'costUsd',
      null,
      { costSource: 'CATALOGUE', priceId: 'p' },
      "'costUsd' is required when 'costSource' is CATALOGUE",
    ],
    ['costUsd', '1', { costSource: 'UNPRICED' }, "'costUsd' must be left out when 'costSource' is UNPRICED"],
    ['costUsd', '-1', { costSource: 'PLATFORM_PRICE', priceId: 'p' }, "'costUsd' must not be negative"],
    [
      'costUsd',
      `0.${'1'.repeat(25)}`,
      { costSource: 'CATALOGUE', priceId: 'p' },
      "'costUsd' must have at most 24 decimals",
    ],
    ['costUsd', `0.${'1'.repeat(25)}`, { costSource: 'CALLER' }, "'costUsd' must have at most 24 decimals"],
    ['priceId', '1', { costSource: 'PLATFORM_PRICE' }, "'priceId' is required when 'costSource' is PLATFORM_PRICE"],
    [
      'priceId',
      '1',
      { costSource: 'CALLER', priceId: 'p' },
      "'priceId' must be left out unless 'costSource' names a price",
    ],
    ['priceId', null, { priceId: 'p' }, "'priceId' must be left out unless 'costSource' names a price"],
    ['recordedAt', null, { recordedAt: later }, "'recordedAt' must not be more than 5 minutes in the future"],
    ['voidedAt', null, { ...voided, voidedAt: later }, "'voidedAt' must not be more than 5 minutes in the future"],
    ['voidReason', null, { ...voided, voidReason: ' ' }, "'voidReason' must not be empty"],
    ['voidReason', null, { ...voided, voidReason: 'x'.repeat(1001) }, "'voidReason' must have at most 1000 characters"],
  ])('is refused on %s', (field, costUsd, added, message) => {
    expect(refusal(costUsd, added)).toEqual([field, message]);
  });

  it.each(['voidedAt', 'voidReason', 'voidedBy'] as const)(
    'is refused without %s when it has the rest of a void',
    (field) => {
      expect(refusal(null, { ...voided, [field]: undefined })).toEqual([
        field,
        `'${field}' is required: 'voidedAt', 'voidReason' and 'voidedBy' go together`,
      ]);
    },
  );
});
