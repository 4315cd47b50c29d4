import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { superuserKey } from '../support/gateway.ts';
import { ask, bearer, type Answer } from '../web/requests.ts';

const tenantId = 'acme';
const pauseMs = 50;

const Reserve = `mutation ($id: ID!, $cost: Decimal!) {
  reserveUsage(input: { tenantId: "${tenantId}", reservationId: $id, costUsd: $cost, ttlSeconds: 3600 }) { status } }`;
const RecordCall = 'mutation ($input: RecordUsageInput!) { recordUsage(input: $input) { outcome } }';
const Release = `mutation ($id: ID!) { releaseReservation(tenantId: "${tenantId}", id: $id) }`;
const Void = `mutation ($id: String!) {
  voidUsage(tenantId: "${tenantId}", requestId: $id, reason: "Wrong.") { requestId } }`;
const Standing = `{ budgets(tenantId: "${tenantId}") { edges { node { states { edges { node { spent reserved } } } } } } }`;
const Differences = `{ reconcile(tenantId: "${tenantId}") { budgets { stored expected } } }`;

/** Creates the tenant, with a blocking budget of so many dollars in all. */
async function createHotBudget(gateway: { url: string }, limit: number): Promise<void> {
  await sendUntilAnswered(gateway, `mutation { createTenant(input: { id: "${tenantId}", name: "Acme" }) { id } }`);
  const budget = `name: "Hot", period: TOTAL, limit: "${limit}", action: BLOCK`;
  await sendUntilAnswered(gateway, `mutation { createBudget(tenantId: "${tenantId}", input: { ${budget} }) { id } }`);
}

/** Of the hot budget, in dollars. */
async function standingOf(gateway: { url: string }) {
  const { data } = await sendUntilAnswered(gateway, Standing);
  const { budgets } = data as {
    budgets: { edges: { node: { states: { edges: { node: { spent: string; reserved: string } }[] } } }[] };
  };
  const state = budgets.edges[0]?.node.states.edges[0]?.node;
  return { spent: Number(state?.spent), reserved: Number(state?.reserved) };
}

/** How often a gateway did not answer, or was overloaded. */
export const trouble = { unanswered: 0, overloaded: 0 };

/** Sends a request again until a gateway answers it, as a client does. @throws on errors that a client could not foresee. */
async function sendUntilAnswered(
  gateway: { url: string },
  query: string,
  variables: Record<string, unknown> = {},
): Promise<Answer> {
  for (;;) {
    const answer = await ask(gateway, query, bearer(superuserKey), variables).catch((error: unknown) => {
      // What fetch throws for a connection that cannot be had or that is lost.
      if (error instanceof TypeError) return undefined;
      throw error;
    });
    const codes = answer?.errors.map(({ extensions }) => extensions.code) ?? [];
    if (answer && codes.length === 0) return answer;
    if (answer && codes.every((code) => code === 'BUDGET_EXCEEDED')) return answer;
    if (answer && !codes.every((code) => code === 'OVERLOADED')) throw new Error(answer.text);
    trouble[answer ? 'overloaded' : 'unanswered']++;
    await sleep(pauseMs * (0.5 + Math.random()));
  }
}

/** What a client has done with a hot budget. */
interface Tally {
  granted: number;
  refused: number;
  /** What its calls cost that are not void, in dollars, by id. */
  spent: Map<string, number>;
}

/**
 * Reserves dollars, and records, releases or voids what it got, until it is told to end. Where there is no room it voids one of its
 * calls, so that the budget stays near its limit.
 */
async function runClient(gateway: { url: string }, name: string, isOver: () => boolean): Promise<Tally> {
  const tally: Tally = { granted: 0, refused: 0, spent: new Map() };
  const voidOne = async () => {
    const [id] = tally.spent.keys();
    if (id === undefined) return;
    await sendUntilAnswered(gateway, Void, { id });
    tally.spent.delete(id);
  };
  for (let turn = 0; !isOver(); turn++) {
    const id = `${name}-${turn}`;
    const held = 1 + (turn % 3);
    const { errors } = await sendUntilAnswered(gateway, Reserve, { id, cost: String(held) });
    if (errors.length > 0) {
      tally.refused++;
      await voidOne();
      continue;
    }
    tally.granted++;
    if (turn % 5 === 0) {
      await sendUntilAnswered(gateway, Release, { id });
      continue;
    }
    const cost = turn % 2 === 0 ? held : held / 2;
    const call = { tenantId, requestId: id, reservationId: id, costUsd: String(cost), inputTokens: 1 };
    await sendUntilAnswered(gateway, RecordCall, { input: call });
    tally.spent.set(id, cost);
    if (turn % 7 === 0) await voidOne();
  }
  return tally;
}

/**
 * Has clients use a hot budget while something happens, sees to it that what is spent and reserved is never above the limit, and
 * that in the end nothing is held, and what is spent is what the clients and the ledger know.
 */
export async function expectNeverAboveLimit(
  name: string,
  gateways: readonly { url: string }[],
  { clients, limit }: { clients: number; limit: number },
  meanwhile: (progress: (turns: number) => Promise<void>) => Promise<void>,
): Promise<void> {
  const [first] = gateways;
  if (!first) throw new Error('There is a gateway.');
  Object.assign(trouble, { unanswered: 0, overloaded: 0 });
  await createHotBudget(first, limit);
  const run = { isOver: false, turns: 0 };
  const running = Array.from({ length: clients }, (_, client) =>
    runClient(gateways[client % gateways.length] ?? first, `c${client}`, () => {
      run.turns++;
      return run.isOver;
    }),
  );
  const above: number[] = [];
  const watching = (async () => {
    while (!run.isOver) {
      const { spent, reserved } = await standingOf(first);
      if (spent + reserved > limit) above.push(spent + reserved);
      await sleep(pauseMs);
    }
  })();
  const failed = Promise.all([...running, watching]);
  const progress = async (turns: number) => {
    const goal = run.turns + turns;
    while (run.turns < goal) await sleep(20);
  };
  try {
    await Promise.race([meanwhile(progress), failed]);
  } finally {
    run.isOver = true;
  }
  const tallies = await Promise.all(running);
  await watching;

  const sum = (of: (tally: Tally) => number) => tallies.reduce((total, tally) => total + of(tally), 0);
  const spent = sum((tally) => [...tally.spent.values()].reduce((total, cost) => total + cost, 0));
  const granted = sum((tally) => tally.granted);
  const refused = sum((tally) => tally.refused);
  process.stdout.write(
    `faults: ${name}: granted ${granted}, refused ${refused}, spent ${spent} of ${limit}, above the limit ${above.length}, ` +
      `unanswered ${trouble.unanswered}, overloaded ${trouble.overloaded}\n`,
  );
  expect(above).toEqual([]);
  expect(granted).toBeGreaterThan(0);
  expect(refused).toBeGreaterThan(0);
  expect(await standingOf(first)).toEqual({ spent, reserved: 0 });
  expect((await sendUntilAnswered(first, Differences)).data).toEqual({ reconcile: { budgets: [] } });
}
