import { Big } from 'big.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { costOf } from './calls.ts';
import { recordBatch, recordOne, voidOne } from './documents.ts';
import { SimulationFailure } from './journal.ts';
import type { Answer, SentCall } from './ledger.ts';
import { codeOf, keyFor, send, unexpected, type Manner, type World } from './world.ts';

const betweenTriesMs = 50;

interface Event {
  requestId: string;
  tenant: { id: string };
  occurredAt: string;
  inputTokens: number;
  costUsd: string | null;
}

interface Result {
  outcome: 'RECORDED' | 'DUPLICATE' | 'REJECTED';
  requestId: string | null;
  event: Event | null;
  error: { code: string; message: string } | null;
}

export interface Recording {
  calls: readonly SentCall[];
  /** Calls that break a rule; they come after the others. */
  invalid?: readonly SentCall[];
  /** With `recordUsage`, which takes one. */
  alone: boolean;
  key: string;
  tries: number;
  /** Codes with which the whole request may be refused, besides those of single calls. */
  refusals?: readonly string[];
}

/** Sends calls until they are answered, or as often as told. @returns whether they were. */
export async function record(world: World, manner: Manner, recording: Recording): Promise<boolean> {
  for (let turn = 0; turn < recording.tries; turn++) {
    if (turn > 0) await sleep(betweenTriesMs);
    if (await recordOnce(world, manner, recording)) return true;
  }
  return false;
}

async function recordOnce(
  world: World,
  manner: Manner,
  { calls, invalid = [], alone, key, refusals = [] }: Recording,
): Promise<boolean> {
  const { ledger } = world;
  const inputs = [...calls, ...invalid].map(toInput);
  const what = `record ${inputs.map(({ tenantId, requestId }) => `${tenantId}/${requestId}`).join(' ')}`;
  const sendings = calls.map((call) => ledger.begin(call));
  const answer = await send(world, what, manner, {
    document: alone ? recordOne : recordBatch,
    variables: alone ? { input: inputs[0] } : { inputs },
    key,
  });
  if (!answer) return false;
  const code = codeOf(answer);
  if (code !== undefined && !alone && !refusals.includes(code)) unexpected(what, answer);
  const results = code === undefined ? resultsOf(answer.data, alone) : inputs.map(() => refused(code));
  if (results.length !== inputs.length) unexpected(what, answer);
  for (const [index, sending] of sendings.entries()) {
    const result = results[index];
    if (result) ledger.end(sending, outcomeOf(sending.attempt.call, result, refusals, what));
  }
  for (const { outcome, error } of results.slice(sendings.length))
    if (outcome !== 'REJECTED' || error?.code !== 'VALIDATION_ERROR') unexpected(what, answer);
  return true;
}

const refused = (code: string): Result => ({
  outcome: 'REJECTED',
  requestId: null,
  event: null,
  error: { code, message: '' },
});

function resultsOf(data: unknown, alone: boolean): Result[] {
  // What the documents ask for.
  const { recordUsage, recordUsageBatch } = data as {
    recordUsage: Pick<Result, 'outcome' | 'event'>;
    recordUsageBatch: { results: Result[] };
  };
  return alone
    ? [{ ...recordUsage, requestId: recordUsage.event?.requestId ?? null, error: null }]
    : recordUsageBatch.results;
}

function outcomeOf(
  call: SentCall,
  { outcome, event, error }: Result,
  refusals: readonly string[],
  what: string,
): Answer {
  if (outcome === 'REJECTED') {
    if (error?.code === 'IDEMPOTENCY_CONFLICT') return { outcome: 'CONFLICT' };
    if (error && refusals.includes(error.code)) return { outcome: 'REFUSED' };
    throw new SimulationFailure(`${call.tenantId}/${call.requestId} was rejected: ${error?.code} ${error?.message}`, [
      what,
    ]);
  }
  const wrong =
    event?.requestId !== call.requestId ||
    event.tenant.id !== call.tenantId ||
    event.inputTokens !== call.content.inputTokens ||
    !isSameCost(event.costUsd, costOf(call.content));
  if (wrong) throw new SimulationFailure(`${call.requestId} was answered with ${JSON.stringify(event)}`, [what]);
  return { outcome, occurredAt: Date.parse(event.occurredAt) };
}

export const isSameCost = (one: string | null, other: string | null): boolean =>
  one === null || other === null ? one === other : new Big(one).eq(other);

const toInput = ({ tenantId, requestId, content, occurredAt }: SentCall) => ({
  tenantId,
  requestId,
  ...content,
  ...(occurredAt === undefined ? {} : { occurredAt: new Date(occurredAt).toISOString() }),
});

export interface VoidOrder {
  tenantId: string;
  requestId: string;
  reason: string;
  tries: number;
}

/** Voids a call. @returns whether that was answered. */
export async function voidCall(world: World, manner: Manner, { tries, ...order }: VoidOrder): Promise<boolean> {
  const { tenantId, requestId, reason } = order;
  const what = `void ${tenantId}/${requestId}`;
  for (let turn = 0; turn < tries; turn++) {
    if (turn > 0) await sleep(betweenTriesMs);
    const begun = world.ledger.beginVoid(tenantId, requestId, reason);
    const answer = await send(world, what, manner, {
      document: voidOne,
      variables: order,
      key: keyFor(world, manner, tenantId),
    });
    if (!answer) continue;
    const code = codeOf(answer);
    if (code !== undefined && code !== 'NOT_FOUND') unexpected(what, answer);
    // What the document asks for.
    const { voidUsage } = (answer.data ?? {}) as {
      voidUsage?: { requestId: string; tenant: { id: string }; voidReason: string };
    };
    if (voidUsage && (voidUsage.requestId !== requestId || voidUsage.tenant.id !== tenantId)) unexpected(what, answer);
    world.ledger.endVoid(tenantId, requestId, begun, voidUsage?.voidReason);
    return true;
  }
  return false;
}
