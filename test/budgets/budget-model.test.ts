import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { faults } from '../faults/fault-options.ts';
import { createTestDatabase, describeOnEachDatabase, type TestDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { CreateTenant, Record as RecordCall, Void } from '../acceptance/operations.ts';
import { runs } from '../reporting/property-options.ts';

vi.setConfig({ testTimeout: faults.modelTimeout });

const minuteMs = 60_000;
const dayMs = 86_400_000;
const start = Date.parse('2026-04-15T12:00:00Z');
const users = ['ann', 'bob'] as const;
const thresholds = [0.5, 1];
/** Zones whose clocks never change, by how far they are ahead of UTC in minutes. */
const zones = { UTC: 0, 'Asia/Kathmandu': 345, 'Asia/Tokyo': 540, 'America/Phoenix': -420 } as const;

/** Whose midnights end periods from an instant on. */
interface Clock {
  aheadMs: number;
  from: number;
}

/** What a budget of so much a day for each user has to be, in whole dollars. */
interface Model {
  now: number;
  limit: number;
  clocks: Clock[];
  /** Each with the begin of its period. */
  calls: { id: string; user: string; period: number; cost: number; isVoid: boolean }[];
  reservations: { id: string; user: string; amount: number; expiresAt: number; status: string }[];
  /** "user period threshold" of each event. */
  events: Set<string>;
}

/** Begin and end of the period that contains an instant. */
function periodOf({ clocks }: Model, at: number): { begin: number; end: number } {
  const place = clocks.findLastIndex(({ from }) => from <= at);
  const { aheadMs, from } = clocks[place] ?? { aheadMs: 0, from: -Infinity };
  const midnight = Math.floor((at + aheadMs) / dayMs) * dayMs - aheadMs;
  return {
    begin: Math.max(midnight, from),
    end: Math.min(midnight + dayMs, clocks[place + 1]?.from ?? Infinity),
  };
}

const spentOf = ({ calls }: Model, user: string, period: number) =>
  calls.reduce(
    (sum, call) => (call.user === user && call.period === period && !call.isVoid ? sum + call.cost : sum),
    0,
  );
const today = (model: Model) => periodOf(model, model.now).begin;
const isHeld = ({ now }: Model, { status, expiresAt }: Model['reservations'][number]) =>
  status === 'HELD' && expiresAt > now;
const reservedOf = (model: Model, user: string) =>
  model.reservations.reduce((sum, one) => (one.user === user && isHeld(model, one) ? sum + one.amount : sum), 0);

function noteReached(model: Model, user: string, period: number): void {
  for (const threshold of thresholds)
    if (model.limit > 0 && spentOf(model, user, period) >= model.limit * threshold)
      model.events.add(`${user} ${period} ${threshold}`);
}

interface State {
  value: string;
  spent: string;
  reserved: string;
}
interface Answer {
  budgets: { edges: { node: { states: { edges: { node: State }[] } } }[] };
  budgetEvents: { edges: { node: { value: string; threshold: number; periodStart: string } }[] };
}

/** What all runs share: a gateway that can be restarted, and its clock. */
interface Shared {
  gateway: TestGateway;
  clock: { now: number };
  restart: () => Promise<void>;
}

/** The gateway as the model sees it, for one tenant. */
class Real {
  readonly shared: Shared;
  readonly tenantId: string;
  budgetId = '';

  constructor(shared: Shared, tenantId: string) {
    this.shared = shared;
    this.tenantId = tenantId;
  }

  get gateway(): TestGateway {
    return this.shared.gateway;
  }

  async send<Data>(text: string, variables: object = {}) {
    return this.gateway.send<Data, object>(text, { tenantId: this.tenantId, ...variables });
  }

  async expectAlike(model: Model): Promise<void> {
    const { data, errors } = await this.send<Answer>(`query ($tenantId: ID) {
      budgets(tenantId: $tenantId) { edges { node { states { edges { node { value spent reserved } } } } } }
      budgetEvents(tenantId: $tenantId) { edges { node { value threshold periodStart } } } }`);
    expect(errors).toEqual([]);
    const states = data.budgets.edges[0]?.node.states.edges.map(({ node }) => node) ?? [];
    for (const user of users) {
      const { spent, reserved } = states.find(({ value }) => value === user) ?? { spent: '0', reserved: '0' };
      expect([user, Number(spent), Number(reserved)]).toEqual([
        user,
        spentOf(model, user, today(model)),
        reservedOf(model, user),
      ]);
    }
    const events = data.budgetEvents.edges.map(
      ({ node: { value, threshold, periodStart } }) => `${value} ${Date.parse(periodStart)} ${threshold}`,
    );
    expect(events.toSorted()).toEqual([...model.events].toSorted());
  }

  /** Waits until everything has expired, and sees to it that nothing is held and all is counted. */
  async expectAllOver(model: Model): Promise<void> {
    model.now += 2 * minuteMs;
    this.shared.clock.now = model.now;
    await this.expectAlike(model);
    expect(users.map((user) => reservedOf(model, user))).toEqual([0, 0]);
    const { data } = await this.send<{ reconcile: { budgets: object[] } }>(
      'query ($tenantId: ID) { reconcile(tenantId: $tenantId) { budgets { budgetId stored expected } } }',
    );
    expect(data.reconcile.budgets).toEqual([]);
  }
}

type Step = (model: Model, real: Real) => Promise<void>;

/** A command that is always possible, after each of which everything is compared. */
const command = (name: string, step: Step): fc.AsyncCommand<Model, Real> => ({
  check: () => true,
  async run(model, real) {
    await step(model, real);
    await real.expectAlike(model);
  },
  toString: () => name,
});

const reserve = (user: string, amount: number) =>
  command(`reserve ${amount} for ${user}`, async (model, real) => {
    const id = `r${model.reservations.length}`;
    const room = model.limit - spentOf(model, user, today(model)) - reservedOf(model, user);
    const { errors } = await real.send(
      `mutation ($tenantId: ID!, $id: ID!, $user: String!, $cost: Decimal!) {
        reserveUsage(input: { tenantId: $tenantId, reservationId: $id, userId: $user, costUsd: $cost }) { status } }`,
      { id, user, cost: String(amount) },
    );
    expect(errors.map(({ extensions }) => extensions)).toMatchObject(
      amount <= room && model.limit > 0
        ? []
        : [{ code: 'BUDGET_EXCEEDED', value: user, remaining: String(Math.max(0, room)) }],
    );
    if (errors.length === 0)
      model.reservations.push({ id, user, amount, expiresAt: model.now + minuteMs, status: 'HELD' });
  });

/** The one that was running when the budget was made. */
const firstPeriod = Math.floor(start / dayMs) * dayMs;

const picked = <T>(list: readonly T[], place: number): T | undefined => list[place % Math.max(1, list.length)];

const record = (user: string, cost: number, { settles, daysAgo }: { settles: number | null; daysAgo: number }) =>
  command(`record ${cost} of ${user} ${daysAgo} days ago, settling ${settles}`, async (model, real) => {
    const id = `c${model.calls.length}`;
    const at = model.now - daysAgo * dayMs;
    const reservation = settles === null ? undefined : picked(model.reservations, settles);
    const input = {
      tenantId: real.tenantId,
      requestId: id,
      userId: user,
      costUsd: String(cost),
      inputTokens: 1,
      occurredAt: new Date(at).toISOString(),
      reservationId: reservation?.id ?? null,
    };
    for (const outcome of ['RECORDED', 'DUPLICATE'])
      expect((await real.gateway.ask(RecordCall, { input })).recordUsage.outcome).toBe(outcome);
    const period = periodOf(model, at).begin;
    model.calls.push({ id, user, period, cost, isVoid: false });
    if (reservation && isHeld(model, reservation)) reservation.status = 'SETTLED';
    if (period >= firstPeriod) noteReached(model, user, period);
  });

const release = (place: number) =>
  command(`release ${place}`, async (model, real) => {
    const reservation = picked(model.reservations, place);
    if (!reservation) return;
    const { data } = await real.send<{ releaseReservation: boolean }>(
      'mutation ($tenantId: ID!, $id: ID!) { releaseReservation(tenantId: $tenantId, id: $id) }',
      { id: reservation.id },
    );
    if (isHeld(model, reservation)) reservation.status = 'RELEASED';
    expect(data.releaseReservation).toBe(reservation.status === 'RELEASED');
  });

const voided = (place: number) =>
  command(`void ${place}`, async (model, real) => {
    const call = picked(model.calls, place);
    if (!call) return;
    await real.gateway.ask(Void, { tenantId: real.tenantId, requestId: call.id, reason: 'Wrong.' });
    call.isVoid = true;
  });

const limited = (limit: number) =>
  command(`limit ${limit}`, async (model, real) => {
    const { errors } = await real.send(
      'mutation ($tenantId: ID!, $id: ID!, $limit: Decimal!) { updateBudget(tenantId: $tenantId, id: $id, input: { limit: $limit }) { id } }',
      { id: real.budgetId, limit: String(limit) },
    );
    expect(errors).toEqual([]);
    if (limit === model.limit) return;
    model.limit = limit;
    for (const user of users) noteReached(model, user, today(model));
  });

const moved = (zone: keyof typeof zones) =>
  command(`move to ${zone}`, async (model, real) => {
    const { errors } = await real.send(
      'mutation ($tenantId: ID!, $zone: TimeZone!) { updateTenant(id: $tenantId, input: { timezone: $zone }) { id } }',
      { zone },
    );
    expect(errors).toEqual([]);
    const begun = model.clocks.filter(({ from }) => from <= model.now);
    const aheadMs = zones[zone] * minuteMs;
    // The running period ends as it would have.
    const next = { aheadMs, from: periodOf(model, model.now).end };
    model.clocks = begun.at(-1)?.aheadMs === aheadMs ? begun : [...begun, next];
  });

const restart = command('restart', async (_model, real) => real.shared.restart());

const later = (name: string, until: (model: Model) => number) =>
  command(name, async (model, real) => {
    model.now = until(model);
    real.shared.clock.now = model.now;
  });

const user = fc.constantFrom(...users);
const amount = fc.integer({ min: 1, max: 6 });
const place = fc.nat({ max: 5 });
const end = (model: Model) => periodOf(model, model.now).end;
const steps = fc.commands(
  [
    fc.oneof(
      { weight: 9, arbitrary: fc.tuple(user, amount).map(([of, much]) => reserve(of, much)) },
      {
        weight: 9,
        arbitrary: fc
          .tuple(user, amount, fc.option(place), fc.nat({ max: 1 }))
          .map(([of, cost, settles, daysAgo]) => record(of, cost, { settles, daysAgo })),
      },
      { weight: 6, arbitrary: place.map(release) },
      { weight: 6, arbitrary: place.map(voided) },
      { weight: 6, arbitrary: fc.nat({ max: 15 }).map(limited) },
      {
        weight: 4,
        arbitrary: fc
          .constantFrom('UTC' as const, 'Asia/Kathmandu' as const, 'Asia/Tokyo' as const, 'America/Phoenix' as const)
          .map(moved),
      },
      { weight: 6, arbitrary: fc.constant(later('wait 20 seconds', ({ now }) => now + 20_000)) },
      { weight: 6, arbitrary: fc.constant(later('wait a minute', ({ now }) => now + minuteMs)) },
      { weight: 6, arbitrary: fc.constant(later('wait until the period is over', end)) },
      { weight: 6, arbitrary: fc.constant(later('wait until it is nearly over', (model) => end(model) - 10_000)) },
      { weight: 1, arbitrary: fc.constant(restart) },
    ),
  ],
  { maxCommands: 25 },
);

describeOnEachDatabase('a blocking budget for each user', (kind) => {
  let shared: Shared;
  let database: TestDatabase;
  let no = 0;
  beforeAll(async () => {
    database = await createTestDatabase(kind);
    const clock = { now: start };
    const open = () =>
      startTestGateway(kind, {
        clock: () => new Date(clock.now),
        database: { config: database.config, drop: async () => undefined },
      });
    shared = {
      clock,
      gateway: await open(),
      async restart() {
        await this.gateway.close();
        this.gateway = await open();
      },
    };
  });
  afterAll(async () => {
    await shared.gateway.close();
    await database.drop();
  });

  it('stands as its model says, whatever is done, and nothing is held in the end', () =>
    fc.assert(
      fc.asyncProperty(steps, async (commands) => {
        shared.clock.now = start;
        const tenantId = `tenant${++no}`;
        await shared.gateway.ask(CreateTenant, { input: { id: tenantId, name: tenantId } });
        const real = new Real(shared, tenantId);
        const { data } = await real.send<{ createBudget: { id: string } }>(`mutation ($tenantId: ID) {
          createBudget(tenantId: $tenantId, input: { name: "B", period: DAY, limit: "10", action: BLOCK,
            thresholds: [0.5, 1], scope: { each: { dimension: USER } } }) { id } }`);
        real.budgetId = data.createBudget.id;
        const clocks = [{ aheadMs: 0, from: -Infinity }];
        const model: Model = { now: start, limit: 10, clocks, calls: [], reservations: [], events: new Set() };
        await fc.asyncModelRun(() => ({ model, real }), commands);
        await real.expectAllOver(model);
      }),
      runs(faults.modelRuns),
    ));
});
