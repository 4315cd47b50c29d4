import { setTimeout as sleep } from 'node:timers/promises';
import { ask, type Question, type Reply } from './ask.ts';
import type { SimulatedDatabase } from './databases.ts';
import { superuserKey, type SimulatedGateway } from './gateway.ts';
import { SimulationFailure, type Journal } from './journal.ts';
import type { Ledger } from './ledger.ts';
import type { Operation } from './operations.ts';
import type { Tenancy } from './tenancy.ts';

/** Everything that a simulation consists of. */
export interface World {
  database: SimulatedDatabase;
  gateways: SimulatedGateway[];
  ledger: Ledger;
  tenancy: Tenancy;
  journal: Journal;
  /** A key of each tenant that is always there, with the role of its admin. */
  adminKeys: ReadonlyMap<string, string>;
  /** Whether nothing fails at the moment, so that everything has to be answered. */
  calm: boolean;
  /** Whether clocks of gateways may be off. */
  clocksAreOff: boolean;
  /** Whether clients send in pieces, where they choose to. */
  clientsAreSlow: boolean;
}

export type Answered = Extract<Reply, { kind: 'answered' }>;

/** How an operation is sent. */
export type Manner = Pick<Operation, 'gateway' | 'by' | 'pauseMs'>;

/** Answers that are faults of the gateway, whatever was asked and whatever fails around it. */
const faults = new Set(['INTERNAL_SERVER_ERROR', 'NOT_JSON']);

/** Asks once, as an operation is sent; undefined for no answer. */
export async function send(
  world: World,
  what: string,
  manner: Manner,
  question: Pick<Question, 'document' | 'variables'> & { key?: string | undefined },
): Promise<Answered | undefined> {
  const gateway = world.gateways[manner.gateway % world.gateways.length];
  if (!gateway) throw new Error('There is a gateway.');
  const { calm } = world;
  const began = performance.now();
  const reply = await ask(gateway.url, {
    key: superuserKey,
    pauseMs: world.clientsAreSlow ? manner.pauseMs : undefined,
    ...question,
  });
  const took = `${(performance.now() - began).toFixed(0)} ms`;
  if (reply.kind === 'unanswered') {
    world.journal.note(`${gateway.name} ${what}: no answer (${reply.reason}), ${took}`);
    if (calm && world.calm && !reply.wasKept)
      throw new SimulationFailure(`${what} had no answer (${reply.reason}, ${took}) though nothing fails`, [what]);
    return undefined;
  }
  const codes = reply.errors.map(({ message, extensions }) => `${extensions.code} ${message}`);
  world.journal.note(`${gateway.name} ${what}: ${codes.length > 0 ? codes.join('; ') : 'answered'}, ${took}`);
  if (reply.errors.some(({ extensions }) => faults.has(extensions.code)))
    throw new SimulationFailure(`${what} was answered with a fault: ${codes.join('; ')}`, [what]);
  return reply;
}

/** The key for an operation on a tenant. */
export const keyFor = (world: World, { by }: Pick<Operation, 'by'>, tenantId: string): string =>
  (by === 'tenant' ? world.adminKeys.get(tenantId) : undefined) ?? superuserKey;

/** @throws {SimulationFailure} with the answer, for one that must not be. */
export function unexpected(what: string, { errors, data }: Answered): never {
  throw new SimulationFailure(
    `${what} was answered ${JSON.stringify(errors.length > 0 ? errors : data).slice(0, 1000)}`,
    [what],
  );
}

/** The only code of an answer's errors, or undefined when it has none. */
export const codeOf = ({ errors }: Answered): string | undefined => errors[0]?.extensions.code;

const longestAnswerMs = 90_000;

/** Asks until there is an answer, of one gateway after the other. @throws {SimulationFailure} when there is none in time. */
export async function sendUntilAnswered(
  world: World,
  what: string,
  question: Pick<Question, 'document' | 'variables'> & { key?: string | undefined },
): Promise<Answered> {
  const until = performance.now() + longestAnswerMs;
  for (let turn = 0; performance.now() < until; turn++) {
    const answer = await send(world, what, { gateway: turn, by: 'superuser', pauseMs: undefined }, question);
    if (answer) return answer;
    await sleep(100);
  }
  throw new SimulationFailure(`${what} had no answer in ${longestAnswerMs / 1000} s after everything was repaired`, [
    what,
  ]);
}
