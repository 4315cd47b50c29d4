import type { RecordedCall } from '../support/oracle.ts';
import { costOf, type Content } from './calls.ts';
import { SimulationFailure } from './journal.ts';

/** A call as it was sent; `occurredAt` is undefined where the gateway was to say when. */
export interface SentCall {
  readonly tenantId: string;
  readonly requestId: string;
  readonly content: Content;
  readonly occurredAt: number | undefined;
}

/** A call that was sent, once or more often, and may be stored until it is known to be refused. */
export interface Attempt {
  readonly call: SentCall;
  readonly begunMs: number;
  /** How many sendings were not answered, so far or for good. */
  unanswered: number;
}

/** One sending of a call. */
export interface Sending {
  readonly attempt: Attempt;
  readonly begun: number;
}

/** What an answer says of one call. UNKNOWN is no answer, or one that says neither yes nor no. */
export type Answer =
  | { outcome: 'RECORDED' | 'DUPLICATE'; occurredAt: number }
  | { outcome: 'CONFLICT' | 'REFUSED' | 'UNKNOWN' };

interface Voiding {
  readonly begun: number;
  acknowledged: number | undefined;
  /** All that were sent; the first to arrive stays. */
  readonly reasons: string[];
  reason: string | undefined;
}

/** A call that is stored; `timeSaid` when the gateway has said when it was made. */
export type StoredCall = SentCall & { readonly occurredAt: number; readonly timeSaid: boolean };

/** What is known of one key. */
export interface KnownCall {
  readonly tenantId: string;
  readonly requestId: string;
  /** Attempts of which one may be what is stored, while nothing is acknowledged. */
  candidates: Attempt[];
  stored: StoredCall | undefined;
  acknowledged: number | undefined;
  /** Whether somebody was told that it is new. */
  wasNew: boolean;
  void: Voiding | undefined;
}

/**
 * What the gateways have stored, as far as their answers tell. Its time counts what was sent and answered, so that it is
 * certain what came before what.
 */
export class Ledger {
  readonly #calls = new Map<string, KnownCall>();
  #now = 0;

  /** A moment of its own, after all before. */
  tick(): number {
    return ++this.#now;
  }

  all(): KnownCall[] {
    return [...this.#calls.values()];
  }

  ofTenant(tenantId: string): KnownCall[] {
    return this.all().filter((known) => known.tenantId === tenantId);
  }

  find(tenantId: string, requestId: string): KnownCall | undefined {
    return this.#calls.get(keyOf(tenantId, requestId));
  }

  begin(call: SentCall): Sending {
    const known = this.#known(call.tenantId, call.requestId);
    const again = known.candidates.find((candidate) => isSame(candidate.call, call));
    const attempt = again ?? { call, begunMs: Date.now(), unanswered: 0 };
    attempt.unanswered++;
    if (!again && !known.stored) known.candidates.push(attempt);
    return { attempt, begun: this.tick() };
  }

  /** Takes in an answer. @throws {SimulationFailure} when it cannot be right, whatever happened on the way. */
  end({ attempt, begun }: Sending, answer: Answer): void {
    const { call } = attempt;
    const known = this.#known(call.tenantId, call.requestId);
    const problem = problemOf(known, call, begun, answer);
    if (problem)
      throw new SimulationFailure(`${call.tenantId}/${call.requestId} was answered ${answer.outcome}: ${problem}`, [
        call.requestId,
      ]);
    if (answer.outcome === 'UNKNOWN') return;
    attempt.unanswered--;
    if ('occurredAt' in answer) {
      // A duplicate may have been given its time by an earlier attempt.
      const timeSaid = call.occurredAt === undefined && answer.outcome === 'RECORDED';
      known.stored ??= { ...call, occurredAt: answer.occurredAt, timeSaid };
      known.acknowledged ??= this.tick();
      known.wasNew ||= answer.outcome === 'RECORDED';
      known.candidates = [];
    } else if (answer.outcome === 'CONFLICT' || attempt.unanswered === 0)
      known.candidates = known.candidates.filter((candidate) => candidate !== attempt);
  }

  /** Returns when it began. */
  beginVoid(tenantId: string, requestId: string, reason: string): number {
    const known = this.#known(tenantId, requestId);
    const begun = this.tick();
    known.void ??= { begun, acknowledged: undefined, reasons: [], reason: undefined };
    known.void.reasons.push(reason);
    return begun;
  }

  /** @param reason The one that the answer has; undefined when the gateway knew no such call. */
  endVoid(tenantId: string, requestId: string, begun: number, reason: string | undefined): void {
    const known = this.#known(tenantId, requestId);
    const problem = voidProblem(known, begun, reason);
    if (problem) throw new SimulationFailure(`voiding ${tenantId}/${requestId}: ${problem}`, [requestId]);
    if (reason === undefined || !known.void) return;
    known.void.reason = reason;
    known.void.acknowledged ??= this.tick();
  }

  #known(tenantId: string, requestId: string): KnownCall {
    const known = this.find(tenantId, requestId) ?? {
      tenantId,
      requestId,
      candidates: [],
      stored: undefined,
      acknowledged: undefined,
      wasNew: false,
      void: undefined,
    };
    this.#calls.set(keyOf(tenantId, requestId), known);
    return known;
  }
}

function problemOf(
  { stored, candidates, acknowledged, wasNew }: KnownCall,
  call: SentCall,
  begun: number,
  answer: Answer,
): string | undefined {
  if (answer.outcome === 'CONFLICT') {
    const conflicting = stored ? [stored] : candidates.map((candidate) => candidate.call);
    return conflicting.some((other) => conflicts(call, other)) ? undefined : 'no other call was sent with its key';
  }
  if (!('occurredAt' in answer)) return undefined;
  // Of two that are sent at once, the one that finds the call may be answered before the one that stored it.
  if (answer.outcome === 'RECORDED' && (wasNew || (acknowledged !== undefined && acknowledged < begun)))
    return 'it was stored before, so it is there twice';
  if (stored && conflicts(call, stored)) return 'another call has its key';
  const { occurredAt } = { ...call, ...stored };
  return occurredAt === undefined || occurredAt === answer.occurredAt
    ? undefined
    : `it says ${toText(answer.occurredAt)}, and the call was made at ${toText(occurredAt)}`;
}

function voidProblem(known: KnownCall, begun: number, reason: string | undefined): string | undefined {
  if (reason === undefined)
    return known.acknowledged !== undefined && known.acknowledged < begun
      ? 'it is stored and was not found'
      : undefined;
  if (!known.void?.reasons.includes(reason)) return `nobody gave the reason '${reason}'`;
  if (known.void.reason !== undefined && known.void.reason !== reason) return `its reason was '${known.void.reason}'`;
  return undefined;
}

/** Whether a call is refused because another one is stored. */
const conflicts = (call: SentCall, stored: SentCall) =>
  JSON.stringify(call.content) !== JSON.stringify(stored.content) ||
  (call.occurredAt !== undefined && call.occurredAt !== stored.occurredAt);

const isSame = (call: SentCall, other: SentCall) =>
  call.occurredAt === other.occurredAt && JSON.stringify(call.content) === JSON.stringify(other.content);

/** A call as reports count it. */
export const countedCall = ({ tenantId, requestId, content, occurredAt }: StoredCall): RecordedCall => ({
  ...content,
  tenantId,
  requestId,
  occurredAt,
  costUsd: costOf(content),
});

const keyOf = (tenantId: string, requestId: string) => `${tenantId}\n${requestId}`;
const toText = (at: number) => new Date(at).toISOString();
