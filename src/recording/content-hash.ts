import { createHash } from 'node:crypto';
import { formatDecimal } from '../platform/money.ts';
import type { Call } from './call.entity.ts';

/** What a call says, apart from its key and its times. */
export type CallContent = Omit<
  Call,
  | 'tenantId'
  | 'requestId'
  | 'occurredAt'
  | 'recordedAt'
  | 'costSource'
  | 'priceId'
  | 'contentHash'
  | 'voidedAt'
  | 'voidReason'
  | 'voidedBy'
>;

/**
 * SHA-256 over a call's content, by which a retry is told from another call under the same key. `occurredAt` is left
 * out, since the gateway fills it in when a caller sends none, a retry's clock being later.
 */
export function contentHash(content: CallContent): Buffer {
  const { costUsd, metadata, ...plain } = content;
  const canonical = canonicalJson({ ...plain, costUsd: costUsd && formatDecimal(costUsd), metadata });
  return createHash('sha256').update(canonical).digest();
}

/** JSON with sorted keys: equal for equal objects, however they were built. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
