import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { CreateTenant, Record as RecordCall, Void } from '../acceptance/operations.ts';
import { runs } from '../reporting/property-options.ts';

vi.setConfig({ testTimeout: 240_000 });

const dayMs = 86_400_000;
const start = Date.parse('2026-04-15T12:00:00Z');
const users = ['ann', 'bob'] as const;
const thresholds = [0.5, 1];
const dayOf = (at: number) => Math.floor(at / dayMs);

/** What a budget of so much a day for each user has to be, in whole dollars. */
interface Model {
  now: number;
  limit: number;
  calls: { id: string; user: string; day: number; cost: number; isVoid: boolean }[];
  reservations: { id: string; user: string; amount: number; expiresAt: number; status: string }[];
  /** "user day threshold" of each event. */
  events: Set<string>;
}

const spentOf = ({ calls }: Model, user: string, day: number) =>
  calls.reduce((sum, call) => (call.user === user && call.day === day && !call.isVoid ? sum + call.cost : sum), 0);
const isHeld = ({ now }: Model, { status, expiresAt }: Model['reservations'][number]) =>
  status === 'HELD' && expiresAt > now;
const reservedOf = (model: Model, user: string) =>
  model.reservations.reduce((sum, one) => (one.user === user && isHeld(model, one) ? sum + one.amount : sum), 0);

function noteReached(model: Model, user: string, day: number): void {
  for (const threshold of thresholds)
    if (model.limit > 0 && spentOf(model, user, day) >= model.limit * threshold)
      model.events.add(`${user} ${day} ${threshold}`);
}

interface State {
  value: string;
  spent: string;
  reserved: string;
}
interface Answer {
  budgets: { edges: { node: { states: { edges: { node: State }[] } } }[] };
  budgetEvents: { edges: { node: { value: string; threshold: number; periodStart: string } }[] };
  reconcile: { budgets: object[] };
}

/** The gateway as the model sees it, for one tenant. */
class Real {
  readonly gateway: TestGateway;
  readonly tenantId: string;
  readonly setNow: (now: number) => void;
  budgetId = '';

  constructor(gateway: TestGateway, tenantId: string, setNow: (now: number) => void) {
    this.gateway = gateway;
    this.tenantId = tenantId;
    this.setNow = setNow;
  }

  async send<Data>(text: string, variables: object = {}) {
    return this.gateway.send<Data, object>(text, { tenantId: this.tenantId, ...variables });
  }

  async expectAlike(model: Model): Promise<void> {
    const { data, errors } = await this.send<Answer>(`query ($tenantId: ID) {
      budgets(tenantId: $tenantId) { edges { node { states { edges { node { value spent reserved } } } } } }
      budgetEvents(tenantId: $tenantId) { edges { node { value threshold periodStart } } }
      reconcile(tenantId: $tenantId) { budgets { budgetId stored expected } } }`);
    expect(errors).toEqual([]);
    const states = data.budgets.edges[0]?.node.states.edges.map(({ node }) => node) ?? [];
    const today = dayOf(model.now);
    for (const user of users) {
      const { spent, reserved } = states.find(({ value }) => value === user) ?? { spent: '0', reserved: '0' };
      expect([user, Number(spent), Number(reserved)]).toEqual([
        user,
        spentOf(model, user, today),
        reservedOf(model, user),
      ]);
    }
    const events = data.budgetEvents.edges.map(
      ({ node: { value, threshold, periodStart } }) => `${value} ${dayOf(Date.parse(periodStart))} ${threshold}`,
    );
    expect(events.toSorted()).toEqual([...model.events].toSorted());
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
    const room = model.limit - spentOf(model, user, dayOf(model.now)) - reservedOf(model, user);
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
      model.reservations.push({ id, user, amount, expiresAt: model.now + 60_000, status: 'HELD' });
  });

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
    model.calls.push({ id, user, day: dayOf(at), cost, isVoid: false });
    if (reservation && isHeld(model, reservation)) reservation.status = 'SETTLED';
    if (dayOf(at) >= dayOf(start)) noteReached(model, user, dayOf(at));
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
    for (const user of users) noteReached(model, user, dayOf(model.now));
  });

const later = (name: string, until: (now: number) => number) =>
  command(name, async (model, real) => {
    model.now = until(model.now);
    real.setNow(model.now);
  });

const user = fc.constantFrom(...users);
const amount = fc.integer({ min: 1, max: 6 });
const place = fc.nat({ max: 5 });
const steps = fc.commands(
  [
    fc.tuple(user, amount).map(([of, much]) => reserve(of, much)),
    fc
      .tuple(user, amount, fc.option(place), fc.nat({ max: 1 }))
      .map(([of, cost, settles, daysAgo]) => record(of, cost, { settles, daysAgo })),
    place.map(release),
    place.map(voided),
    fc.nat({ max: 15 }).map(limited),
    fc.constant(later('wait 20 seconds', (now) => now + 20_000)),
    fc.constant(later('wait a minute', (now) => now + 60_000)),
    fc.constant(later('wait until tomorrow', (now) => (dayOf(now) + 1) * dayMs)),
    fc.constant(later('wait until the day is nearly over', (now) => (dayOf(now) + 1) * dayMs - 10_000)),
  ],
  { maxCommands: 25 },
);

describeOnEachDatabase('a blocking budget for each user', (kind) => {
  let gateway: TestGateway;
  let now = start;
  let no = 0;
  beforeAll(async () => {
    gateway = await startTestGateway(kind, { clock: () => new Date(now) });
  });
  afterAll(() => gateway.close());

  it('stands as its model says, whatever is done', () =>
    fc.assert(
      fc.asyncProperty(steps, async (commands) => {
        const setup = async () => {
          now = start;
          const tenantId = `tenant${++no}`;
          await gateway.ask(CreateTenant, { input: { id: tenantId, name: tenantId } });
          const real = new Real(gateway, tenantId, (to) => (now = to));
          const { data } = await real.send<{ createBudget: { id: string } }>(`mutation ($tenantId: ID) {
            createBudget(tenantId: $tenantId, input: { name: "B", period: DAY, limit: "10", action: BLOCK,
              thresholds: [0.5, 1], scope: { each: { dimension: USER } } }) { id } }`);
          real.budgetId = data.createBudget.id;
          const model: Model = { now, limit: 10, calls: [], reservations: [], events: new Set() };
          return { model, real };
        };
        await fc.asyncModelRun(setup, commands);
      }),
      runs(40),
    ));
});
