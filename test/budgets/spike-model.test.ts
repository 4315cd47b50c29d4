import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { forgetHoursTask } from '../../src/limits/forget-hours.task.ts';
import { CreateTenant, RecordBatch, Void } from '../acceptance/operations.ts';
import { faults } from '../faults/fault-options.ts';
import { foldAll } from '../reporting/folded.ts';
import { runs } from '../reporting/property-options.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { localHours, median, type LocalHour } from './local-hours.ts';

vi.setConfig({ testTimeout: faults.modelTimeout });

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const users = ['ann', 'bob'] as const;
const [factor, floor] = [2, 6];

/** Zones, each with a time some days after its clock changed, or half an hour beside others. */
const zones: [string, string][] = [
  ['UTC', '2026-04-15T12:30:00Z'],
  ['Asia/Kathmandu', '2026-04-15T12:30:00Z'],
  ['Australia/Lord_Howe', '2026-04-12T14:40:00Z'],
  ['America/New_York', '2026-03-20T06:50:00Z'],
  ['America/New_York', '2026-11-10T06:20:00Z'],
];

interface Call {
  id: string;
  user: string;
  at: number;
  cost: number;
  tokens: number;
  isVoid: boolean;
}

/** What a budget that watches each user's cost for spikes has to tell, in whole dollars. */
class Model {
  now: number;
  readonly calls: Call[] = [];
  /** "user hour spent usual" of each spike. */
  readonly spikes = new Map<string, string>();
  readonly #hours: readonly LocalHour[];

  constructor(timezone: string, start: number) {
    this.now = start;
    this.#hours = localHours(timezone, start - 45 * dayMs, start + 12 * 10 * dayMs);
  }

  hourOf(at: number): LocalHour {
    const found = this.#hours.findLast(({ start }) => start <= at);
    if (!found) throw new Error('The test looks at too few hours.');
    return found;
  }

  counted(user: string): Call[] {
    return this.calls.filter((call) => call.user === user && !call.isVoid);
  }

  spentIn(user: string, { start, end }: LocalHour): number {
    return this.counted(user).reduce((sum, { at, cost }) => (at >= start && at < end ? sum + cost : sum), 0);
  }

  usualAt(user: string, hour: LocalHour): number | undefined {
    const first = this.hourOf(Math.min(...this.counted(user).map(({ at }) => at), hour.end));
    if (hour.start - first.start < 7 * dayMs) return undefined;
    const before = this.#hours.filter(
      (other) => other.hour === hour.hour && other.day < hour.day && other.day >= hour.day - 28,
    );
    return median(before.filter(({ start }) => start >= first.start).map((other) => this.spentIn(user, other)));
  }

  /** Notes what calls made of the hours that are not over. */
  look(touched: readonly Call[]): void {
    for (const { user, at } of touched) {
      const hour = this.hourOf(at);
      const key = `${user} ${new Date(hour.start).toISOString()}`;
      const [spent, usual] = [this.spentIn(user, hour), this.usualAt(user, hour)];
      if (hour.end <= this.now || this.spikes.has(key) || usual === undefined) continue;
      if (spent >= floor && spent >= factor * usual) this.spikes.set(key, `${spent} ${usual}`);
    }
  }
}

interface Standing {
  value: string;
  spent: string;
  usual: string | null;
  ratio: number;
}
interface Answer {
  budgets: { edges: { node: { states: { edges: { node: Standing }[] } } }[] };
  budgetEvents: { edges: { node: { value: string; spent: string; usual: string; periodStart: string } }[] };
}

/** The gateway as the model sees it, for one tenant. */
class Real {
  readonly gateway: TestGateway;
  readonly tenantId: string;
  readonly setNow: (now: number) => void;

  constructor(gateway: TestGateway, tenantId: string, setNow: (now: number) => void) {
    this.gateway = gateway;
    this.tenantId = tenantId;
    this.setNow = setNow;
  }

  async send<Data>(text: string) {
    return this.gateway.send<Data, object>(text, { tenantId: this.tenantId });
  }

  async expectAlike(model: Model): Promise<void> {
    const { data, errors } = await this.send<Answer>(`query ($tenantId: ID) {
      budgets(tenantId: $tenantId) { edges { node { states { edges { node { value spent usual ratio } } } } } }
      budgetEvents(tenantId: $tenantId) { edges { node { value spent usual periodStart } } } }`);
    expect(errors).toEqual([]);
    const states = data.budgets.edges[0]?.node.states.edges.map(({ node }) => node) ?? [];
    const hour = model.hourOf(model.now);
    for (const { value, spent, usual, ratio } of states) {
      const expected = model.usualAt(value, hour);
      expect([value, Number(spent), usual]).toEqual([value, model.spentIn(value, hour), expected?.toString() ?? null]);
      expect(ratio).toBeCloseTo(expected === undefined ? 0 : Number(spent) / Math.max(factor * expected, floor), 12);
    }
    const silent = users.filter((user) => !states.some(({ value }) => value === user));
    expect(silent.map((user) => model.spentIn(user, hour))).toEqual(silent.map(() => 0));
    const events = data.budgetEvents.edges.map(({ node: { value, spent, usual, periodStart } }) => [
      `${value} ${periodStart}`,
      `${spent} ${usual}`,
    ]);
    expect(events.toSorted()).toEqual([...model.spikes].toSorted());
  }

  async expectReconciled(): Promise<void> {
    const { data } = await this.send<{ reconcile: { budgets: object[] } }>(
      'query ($tenantId: ID) { reconcile(tenantId: $tenantId) { budgets { budgetId stored expected } } }',
    );
    expect(data.reconcile.budgets).toEqual([]);
  }
}

type Step = (model: Model, real: Real) => Promise<void>;

const command = (name: string, step: Step): fc.AsyncCommand<Model, Real> => ({
  check: () => true,
  async run(model, real) {
    await step(model, real);
    await real.expectAlike(model);
  },
  toString: () => name,
});

/** When a call was made: so many local days ago, an hour earlier or not, or early. */
interface When {
  daysAgo: number;
  minutes: number;
}

interface Drawn {
  user: string;
  cost: number;
  when: When;
}

const send = async (real: Real, calls: readonly Call[], replaces = false) => {
  const inputs = calls.map(({ id, user, at, cost, tokens }) => ({
    tenantId: real.tenantId,
    requestId: id,
    userId: user,
    costUsd: String(cost),
    inputTokens: 1,
    outputTokens: tokens,
    occurredAt: new Date(at).toISOString(),
    replaces,
  }));
  const { recordUsageBatch: answer } = await real.gateway.ask(RecordBatch, { inputs });
  expect(answer.rejected).toBe(0);
};

const toCalls = (model: Model, drawn: readonly Drawn[]): Call[] =>
  drawn.map(({ user, cost, when }, index) => {
    const at = Math.min(model.now - when.daysAgo * dayMs + when.minutes * minuteMs, model.now + 4 * minuteMs);
    return { id: `c${model.calls.length + index}`, user, at, cost, tokens: 1, isVoid: false };
  });

const record = (drawn: readonly Drawn[]) =>
  command(`record ${JSON.stringify(drawn)}`, async (model, real) => {
    const calls = toCalls(model, drawn);
    await send(real, calls);
    model.calls.push(...calls);
    model.look(calls);
  });

const picked = <T>(list: readonly T[], place: number): T | undefined => list[place % Math.max(1, list.length)];

const replace = (place: number, cost: number) =>
  command(`replace ${place} by ${cost}`, async (model, real) => {
    const call = picked(model.calls, place);
    if (!call || call.isVoid) return;
    const { tokens } = call;
    await send(real, [{ ...call, cost, tokens: tokens + 1 }], true);
    Object.assign(call, { cost, tokens: tokens + 1 });
    model.look([call]);
  });

const voided = (place: number) =>
  command(`void ${place}`, async (model, real) => {
    const call = picked(model.calls, place);
    if (!call) return;
    await real.gateway.ask(Void, { tenantId: real.tenantId, requestId: call.id, reason: 'Wrong.' });
    call.isVoid = true;
  });

const wait = (minutes: number) =>
  command(`wait ${minutes} minutes`, async (model, real) => {
    model.now += minutes * minuteMs;
    real.setNow(model.now);
  });

const forget = command('forget hours', async (model, real) => {
  await forgetHoursTask(real.gateway.database.orm, () => new Date(model.now)).step(new AbortController().signal);
});

const drawnCall = (mostDays: number) =>
  fc.record({
    user: fc.constantFrom(...users),
    cost: fc.integer({ min: 0, max: 12 }),
    when: fc.record({ daysAgo: fc.nat({ max: mostDays }), minutes: fc.constantFrom(0, 0, 0, -60, -25, 4) }),
  });
const steps = fc.commands(
  [
    fc.array(drawnCall(30), { minLength: 1, maxLength: 12 }).map(record),
    fc.array(drawnCall(0), { minLength: 1, maxLength: 2 }).map(record),
    fc.tuple(fc.nat({ max: 30 }), fc.integer({ min: 0, max: 20 })).map(([place, cost]) => replace(place, cost)),
    fc.nat({ max: 30 }).map(voided),
    fc.constantFrom(10, 25, 60, 23 * 60, 24 * 60).map(wait),
    fc.constant(wait(9 * 24 * 60)),
    fc.constant(forget),
  ],
  { maxCommands: 12 },
);

describeOnEachDatabase('a budget that watches each user for spikes', (kind) => {
  let gateway: TestGateway;
  let now = 0;
  let no = 0;
  beforeAll(async () => {
    gateway = await startTestGateway(kind, { clock: () => new Date(now), folding: false });
  });
  afterAll(() => gateway.close());

  it('tells what a computation by hand tells, whatever is recorded and voided, in any time zone', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...zones),
        fc.array(drawnCall(40), { maxLength: 40 }),
        fc.boolean(),
        steps,
        async ([timezone, start], history, isFolded, commands) => {
          const setup = async () => {
            now = Date.parse(start);
            const tenantId = `tenant${++no}`;
            await gateway.ask(CreateTenant, { input: { id: tenantId, name: tenantId, timezone } });
            const real = new Real(gateway, tenantId, (to) => (now = to));
            const model = new Model(timezone, now);
            const calls = toCalls(model, history);
            if (calls.length > 0) await send(real, calls);
            if (isFolded) await foldAll(gateway.database.orm);
            model.calls.push(...calls);
            const { errors } = await real.send(`mutation ($tenantId: ID) {
              createBudget(tenantId: $tenantId, input: { name: "B", spike: { factor: ${factor}, floor: "${floor}" },
                scope: { each: { dimension: USER } } }) { id } }`);
            expect(errors).toEqual([]);
            const { start: hour, end } = model.hourOf(now);
            model.look(calls.filter(({ at }) => at >= hour && at < end));
            await real.expectAlike(model);
            return { model, real };
          };
          let ended: Real | undefined;
          await fc.asyncModelRun(async () => {
            const { model, real } = await setup();
            ended = real;
            return { model, real };
          }, commands);
          await ended?.expectReconciled();
        },
      ),
      runs(faults.modelRuns / 4),
    ));
});
