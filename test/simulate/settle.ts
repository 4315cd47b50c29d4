import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from './client.ts';
import { findTenant } from './documents.ts';
import { superuserKey } from './gateway.ts';
import { SimulationFailure } from './journal.ts';
import type { KnownCall } from './ledger.ts';
import { record, voidCall } from './recording.ts';
import { codeOf, sendUntilAnswered, unexpected, type World } from './world.ts';

const longestRepairMs = 120_000;
const manyTries = 400;
const atOnce = 8;

/** Ends all faults and waits until database and gateways serve. @throws {SimulationFailure} when they do not in time. */
export async function repair(world: World): Promise<void> {
  const { database, gateways, journal } = world;
  const until = performance.now() + longestRepairMs;
  database.disk?.clear();
  for (const { line } of gateways) line.resume();
  for (const line of database.lines) line.resume();
  for (const gateway of gateways) gateway.setClock(0);
  if (database.server && !(await database.server.revive(until)))
    throw new SimulationFailure('the database did not come back');
  for (const gateway of gateways)
    if (!(await gateway.revive(until)))
      throw new SimulationFailure(
        `${gateway.name} is not ready ${longestRepairMs / 1000} s after everything was repaired`,
        [gateway.name],
      );
  while (await database.server?.isBusy()) {
    if (performance.now() > until) throw new SimulationFailure('a statement of a gateway does not end');
    await sleep(50);
  }
  journal.note('everything is repaired');
}

/** Makes certain what is not known: repeats what had no answer until it has one. */
export async function settle(world: World, clients: readonly Client[]): Promise<void> {
  const open = world.ledger.all().filter(({ candidates }) => candidates.length > 0);
  await eachOf(open, (known) => settleCall(world, known));
  const voids = world.ledger.all().filter(({ void: voiding }) => voiding && voiding.acknowledged === undefined);
  await eachOf(voids, (known) => settleVoid(world, known));
  for (const client of clients) await client.settle();
  await eachOf(world.tenancy.all(), (id) => settleTenant(world, id));
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const item of left) await work(item);
    }),
  );
}

const manner = (turn: number) => ({ gateway: turn, by: 'superuser', pauseMs: undefined }) as const;

/** Sends what may be stored under a key, one call after the other, until one of them is. */
async function settleCall(world: World, known: KnownCall): Promise<void> {
  for (const { call } of known.candidates) {
    const isAnswered = await record(world, manner(known.requestId.length), {
      calls: [call],
      alone: true,
      key: superuserKey,
      tries: manyTries,
    });
    if (!isAnswered)
      throw new SimulationFailure(`${known.requestId} had no answer after the repair`, [known.requestId]);
    if (known.stored) return;
  }
  throw new SimulationFailure(`another call than any that was sent has the key ${known.requestId}`, [known.requestId]);
}

async function settleVoid(world: World, known: KnownCall): Promise<void> {
  const { tenantId, requestId } = known;
  const reason = known.void?.reasons[0] ?? '';
  if (!known.stored) {
    // It was never stored, so it was never void.
    known.void = undefined;
    return;
  }
  if (!(await voidCall(world, manner(requestId.length), { tenantId, requestId, reason, tries: manyTries })))
    throw new SimulationFailure(`voiding ${requestId} had no answer after the repair`, [requestId]);
}

async function settleTenant(world: World, id: string): Promise<void> {
  const what = `find tenant ${id}`;
  const answer = await sendUntilAnswered(world, what, { document: findTenant, variables: { id } });
  const code = codeOf(answer);
  if (code !== undefined && code !== 'NOT_FOUND') unexpected(what, answer);
  const hasCalls = world.ledger.ofTenant(id).some(({ stored }) => stored);
  if (code !== undefined && hasCalls) throw new SimulationFailure(`${id} has calls and is gone`, [id]);
  if (hasCalls) world.tenancy.learn(id, what, undefined, 'present');
  world.tenancy.settle(id, code === undefined ? 'present' : 'absent');
}
