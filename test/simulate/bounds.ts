import { Big } from 'big.js';
import type { RecordedCall } from '../support/oracle.ts';
import { countedCall, type KnownCall } from './ledger.ts';
import { costOf } from './calls.ts';

/** A call that may be counted; without a time where the gateway was to say it and has not answered. */
export type PossibleCall = Omit<RecordedCall, 'occurredAt'> & {
  occurredAt: number | undefined;
  /** Before this it was not made, if its time is not known. */
  sentMs: number;
};

/** What a report may count: calls that it has to have, and all that it can have. */
export interface Uncertain {
  must: RecordedCall[];
  may: PossibleCall[];
}

/** Of a report that was asked for and answered at these moments. */
export function uncertainAt(calls: readonly KnownCall[], begun: number, ended: number): Uncertain {
  const must: RecordedCall[] = [];
  const may: PossibleCall[] = [];
  for (const { stored, candidates, acknowledged, void: voiding } of calls) {
    if (voiding?.acknowledged !== undefined && voiding.acknowledged < begun) continue;
    if (stored) {
      const call = countedCall(stored);
      may.push({ ...call, sentMs: 0 });
      const isVoid = voiding !== undefined && voiding.begun < ended;
      if (acknowledged !== undefined && acknowledged < begun && !isVoid) must.push(call);
      continue;
    }
    for (const { call, begunMs } of candidates)
      may.push({ ...call.content, ...call, costUsd: costOf(call.content), sentMs: begunMs });
  }
  return { must, may };
}

/** Clocks of the simulation and of gateways on the same machine differ by no more than the time a call is under way. */
const slackMs = 1000;

/** Whether a call can be in [from, to). */
export const mayBeIn = ({ occurredAt, sentMs }: PossibleCall, from: number, to: number): boolean =>
  occurredAt === undefined ? to > sentMs - slackMs : occurredAt >= from && occurredAt < to;

/** The numbers of a report that only grow with each call. */
export interface Sums {
  totalCalls: number;
  failedCalls: number;
  unpricedCalls: number;
  cachedInputTokens: number;
  reasoningTokens: number;
  totalTokens: number;
  totalCostUsd: string;
}

const numbers = [
  'totalCalls',
  'failedCalls',
  'unpricedCalls',
  'cachedInputTokens',
  'reasoningTokens',
  'totalTokens',
] as const satisfies (keyof Sums)[];

type Summed = Omit<RecordedCall, 'occurredAt' | 'tenantId' | 'requestId'>;

function sumUp(calls: readonly Summed[]): Sums {
  const sum = (of: (call: Summed) => number) => calls.reduce((total, call) => total + of(call), 0);
  return {
    totalCalls: calls.length,
    failedCalls: sum(({ status }) => Number(status === 'FAILED')),
    unpricedCalls: sum(({ costUsd }) => Number(costUsd === null)),
    cachedInputTokens: sum((call) => call.cachedInputTokens),
    reasoningTokens: sum((call) => call.reasoningTokens),
    totalTokens: sum((call) => call.inputTokens + call.outputTokens),
    totalCostUsd: calls.reduce((cost, call) => cost.plus(call.costUsd ?? 0), new Big(0)).toFixed(),
  };
}

/** Where stats are less than what must be counted or more than what may be, in words. */
export function outOfBounds(what: string, stats: Sums, must: readonly Summed[], may: readonly Summed[]): string[] {
  const [least, most] = [sumUp(must), sumUp(may)];
  const problems = numbers
    .filter((name) => stats[name] < least[name] || stats[name] > most[name])
    .map((name) => `${what}: ${name} is ${stats[name]}, not from ${least[name]} to ${most[name]}`);
  const cost = new Big(stats.totalCostUsd);
  if (cost.lt(least.totalCostUsd) || cost.gt(most.totalCostUsd))
    problems.push(`${what}: the cost is ${stats.totalCostUsd}, not from ${least.totalCostUsd} to ${most.totalCostUsd}`);
  return problems;
}

/** Where parts do not add up to a whole, in words. */
export function notAddingUp(what: string, parts: readonly Sums[], whole: Sums): string[] {
  const problems = numbers
    .map((name) => ({ name, sum: parts.reduce((total, part) => total + part[name], 0) }))
    .filter(({ name, sum }) => sum !== whole[name])
    .map(({ name, sum }) => `${what}: ${name} adds up to ${sum}, not to ${whole[name]}`);
  const cost = parts.reduce((total, part) => total.plus(part.totalCostUsd), new Big(0));
  if (!cost.eq(whole.totalCostUsd))
    problems.push(`${what}: the cost adds up to ${cost.toFixed()}, not to ${whole.totalCostUsd}`);
  return problems;
}
