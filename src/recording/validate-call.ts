import { v7 as uuidv7 } from 'uuid';
import { identifier, identifierProblem, type TenantId } from '../values/identifier.ts';
import { readable } from '../values/unreadable.ts';
import { checkAddition } from './added-fields.ts';
import type { Call } from './call.entity.ts';
import { compiled } from './compiled.ts';
import { contentHash } from './content-hash.ts';
import {
  contentFields,
  fieldNames,
  type AddedFields,
  type CallContent,
  type FieldName,
  type GivenFields,
} from './field-groups.ts';
import { checkNotInFuture } from './not-in-future.ts';
import type { GivenProviderUsage } from './provider-usage.ts';
import { readUsage } from './read-usage.ts';

/** A call as it is sent or imported. */
export type CallInput = GivenFields & {
  /** What the provider said, instead of counts. */
  providerUsage?: GivenProviderUsage | null | undefined;
  /** Whether it is a later snapshot of the call with its key. */
  replaces?: boolean | null | undefined;
  /** What a gateway had added, for a call that is read from an export. */
  added?: AddedFields | undefined;
  /** Whether it is the sum of several requests, as providers' usage exports have them; no part of its content. */
  isSum?: boolean | undefined;
  /** Of room in budgets that was asked for before the call; no part of its content. */
  reservationId?: string | null | undefined;
};

/** A checked call, ready to be stored. */
export interface NewCall extends Omit<Call, 'recordedAt'> {
  /** When the call was first recorded, for one from an export; null for now. */
  recordedAt: Date | null;
  /** When the gateway took it, by its clock. */
  acceptedAt: Date;
  /** Whether the cost, or its absence, is final; otherwise the gateway looks for a price. */
  costIsFinal: boolean;
  /** Whether the tenant is created if it does not exist. */
  mayCreateTenant: boolean;
  /** Whether it is a later snapshot of the call with its key, whose place it may take. */
  replaces: boolean;
  /** Whether it is the sum of several requests, which bears on its price. */
  isSum: boolean;
  /** Whether the caller said when the call was made; a retry may leave it out. */
  occurredAtGiven: boolean;
  /** The reservation that it settles, if that has not expired when the call is accepted; null for none. */
  settles: string | null;
}

/** Who records a call, for whom, and when. */
export interface Recorder {
  tenantId: TenantId;
  /** Name of the caller. */
  recordedBy: string;
  now: Date;
}

/**
 * Checks a call against the ledger's rules and fills in what was left out.
 * @throws {ValidationError} naming the first field that breaks a rule.
 */
export function validateCall(input: CallInput, { tenantId, recordedBy, now }: Recorder): NewCall {
  const occurredAt = readable(input.occurredAt, 'occurredAt');
  if (occurredAt) checkNotInFuture(occurredAt, 'occurredAt', now);
  const addition = checkAddition(readable(input.costUsd, 'costUsd') ?? null, input.added ?? {}, now);
  const content = readUsage(input);
  // Only as the caller sent it: a cost that the gateway computed does not belong to the content.
  if (addition.costSource === 'CALLER') content.costUsd = addition.costUsd;
  return toNewCall(content, {
    tenantId,
    mayCreateTenant: false,
    requestId: requestIdOf(input.requestId),
    occurredAt: occurredAt ?? now,
    occurredAtGiven: occurredAt !== undefined,
    replaces: input.replaces === true,
    isSum: input.isSum === true,
    settles: settledBy(input.reservationId),
    acceptedAt: now,
    recordedAt: addition.recordedAt,
    recordedBy: addition.recordedBy ?? recordedBy,
    costUsd: addition.costUsd,
    costSource: addition.costSource,
    costIsFinal: addition.costIsFinal,
    priceId: addition.priceId,
    inputCostUsd: addition.inputCostUsd,
    cachedInputCostUsd: addition.cachedInputCostUsd,
    cacheWriteCostUsd: addition.cacheWriteCostUsd,
    outputCostUsd: addition.outputCostUsd,
    unitsCostUsd: addition.unitsCostUsd,
    cacheSavingsUsd: addition.cacheSavingsUsd,
    unpricedReason: addition.unpricedReason,
    contentHash: contentHash(content),
    voidedAt: addition.voidedAt,
    voidReason: addition.voidReason,
    voidedBy: addition.voidedBy,
  });
}

type Content = Omit<CallContent, 'costUsd'>;
type Others = Omit<NewCall, keyof Content>;

const isContent = (field: string) => field !== 'costUsd' && contentFields.some((name) => name === field);

/** What a checked call has besides its fields. */
const facts: Record<Exclude<keyof NewCall & string, FieldName>, true> = {
  acceptedAt: true,
  costIsFinal: true,
  mayCreateTenant: true,
  isSum: true,
  occurredAtGiven: true,
  replaces: true,
  settles: true,
};

/** Compiled, since spreading so many fields takes longer than all checks together. */
const toNewCall = compiled<[content: Content, others: Others], NewCall>(
  'content, others',
  `return { ${[...fieldNames, ...Object.keys(facts)]
    .map((name) => `${name}: ${isContent(name) ? 'content' : 'others'}.${name}`)
    .join(', ')} };`,
);

/** An id that no reservation can have settles none, and refuses nothing. */
const settledBy = (id: string | null | undefined): string | null =>
  id === null || id === undefined || identifierProblem(id) !== undefined ? null : id;

const requestIdOf = (given: string | null | undefined) =>
  given === null || given === undefined ? `req_${uuidv7()}` : identifier(given, 'requestId');
