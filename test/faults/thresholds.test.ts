import { expect, it, onTestFinished, vi } from 'vitest';
import { CreateTenant, Record as RecordCall } from '../acceptance/operations.ts';
import { createTestDatabase, describeOnEachDatabase, type DatabaseKind } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { faults } from './fault-options.ts';

vi.setConfig({ testTimeout: faults.testTimeout });

const tenantId = 'acme';
const writers = 8;
const callsEach = 3;
const thresholds = [0.25, 0.5, 1];
const limit = 16;
const dayMs = 86_400_000;

interface Events {
  budgetEvents: {
    edges: { node: { threshold: number | null; spent: string; periodStart: string } }[];
  };
}

/** Gateways on one database with one clock, and what writers do over all of them. */
async function startWriters(kind: DatabaseKind, budget: string) {
  const { config, drop } = await createTestDatabase(kind);
  const clock = { now: Date.parse('2026-01-01T12:00:00Z') };
  const options = { database: { config, drop: async () => undefined }, clock: () => new Date(clock.now) };
  const gateways = await Promise.all(
    Array.from({ length: kind === 'postgres' ? 2 : 1 }, () => startTestGateway(kind, options)),
  );
  onTestFinished(async () => {
    for (const gateway of gateways) await gateway.close();
    await drop();
  });
  const [first] = gateways;
  if (!first) throw new Error('There is a gateway.');
  await first.ask(CreateTenant, { input: { id: tenantId, name: tenantId } });
  const { errors } = await first.send(
    `mutation { createBudget(tenantId: "${tenantId}", input: { ${budget} }) { id } }`,
  );
  expect(errors).toEqual([]);
  const record = (gateway: TestGateway, requestId: string) =>
    gateway.ask(RecordCall, { input: { tenantId, requestId, costUsd: '1', inputTokens: 1 } });
  return {
    clock,
    record: (requestId: string) => record(first, requestId),
    /** Every writer records its calls of a round, all at the same time. */
    async write(round: number) {
      await Promise.all(
        Array.from({ length: writers }, async (_, writer) => {
          const gateway = gateways[writer % gateways.length] ?? first;
          for (let call = 0; call < callsEach; call++) await record(gateway, `${round}-${writer}-${call}`);
        }),
      );
    },
    async events() {
      const { data } = await first.send<Events, object>(
        `{ budgetEvents(tenantId: "${tenantId}", first: 1000) { edges { node { threshold spent periodStart } } } }`,
      );
      return data.budgetEvents.edges.map(({ node }) => node);
    },
  };
}

describeOnEachDatabase('what writers of several gateways reach at the same time', (kind) => {
  it('is an event for each threshold, once', async () => {
    const budget = `name: "B", period: DAY, limit: "${limit}", thresholds: [${thresholds}]`;
    const { clock, write, events } = await startWriters(kind, budget);
    for (let round = 0; round < faults.rounds; round++) {
      await write(round);
      clock.now += dayMs;
    }
    const told = await events();
    expect(told).toHaveLength(faults.rounds * thresholds.length);
    expect(new Set(told.map(({ threshold, periodStart }) => `${threshold} ${periodStart}`)).size).toBe(told.length);
    // Each by the transaction that reached it: the one before had not.
    const early = told.filter(({ threshold, spent }) => Number(spent) < limit * (threshold ?? 0));
    const late = told.filter(({ threshold, spent }) => Number(spent) - writers >= limit * (threshold ?? 0));
    expect([early, late]).toEqual([[], []]);
  });

  it('is an event for each hour that is a spike, once', async () => {
    const { clock, record, write, events } = await startWriters(
      kind,
      `name: "B", spike: { factor: 1, floor: "${limit}" }`,
    );
    await record('first');
    clock.now += 8 * dayMs;
    for (let round = 0; round < faults.rounds; round++) {
      await write(round);
      clock.now += dayMs / 24;
    }
    const told = await events();
    expect(told).toHaveLength(faults.rounds);
    expect(new Set(told.map(({ periodStart }) => periodStart)).size).toBe(told.length);
    expect(told.filter(({ spent }) => Number(spent) < limit || Number(spent) - writers >= limit)).toEqual([]);
  });
});
