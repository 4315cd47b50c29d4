import { expect, it, onTestFinished, vi } from 'vitest';
import { CreateTenant, Record as RecordCall } from '../acceptance/operations.ts';
import { createTestDatabase, describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway } from '../support/gateway.ts';
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
    edges: { node: { threshold: number; spent: string; periodStart: string } }[];
  };
}

describeOnEachDatabase('thresholds that writers of several gateways reach at the same time', (kind) => {
  it('are events once each', async () => {
    const { config, drop } = await createTestDatabase(kind);
    onTestFinished(drop);
    let now = Date.parse('2026-01-01T12:00:00Z');
    const options = { database: { config, drop: async () => undefined }, clock: () => new Date(now) };
    const gateways = await Promise.all(
      Array.from({ length: kind === 'postgres' ? 2 : 1 }, () => startTestGateway(kind, options)),
    );
    onTestFinished(async () => {
      for (const gateway of gateways) await gateway.close();
    });
    const [first] = gateways;
    if (!first) throw new Error('There is a gateway.');
    await first.ask(CreateTenant, { input: { id: tenantId, name: tenantId } });
    const budget = `name: "B", period: DAY, limit: "${limit}", thresholds: [${thresholds}]`;
    const { errors } = await first.send(
      `mutation { createBudget(tenantId: "${tenantId}", input: { ${budget} }) { id } }`,
    );
    expect(errors).toEqual([]);

    for (let round = 0; round < faults.rounds; round++) {
      await Promise.all(
        Array.from({ length: writers }, async (_, writer) => {
          const gateway = gateways[writer % gateways.length] ?? first;
          for (let call = 0; call < callsEach; call++)
            await gateway.ask(RecordCall, {
              input: { tenantId, requestId: `${round}-${writer}-${call}`, costUsd: '1', inputTokens: 1 },
            });
        }),
      );
      now += dayMs;
    }

    const { data } = await first.send<Events, object>(
      `{ budgetEvents(tenantId: "${tenantId}", first: 1000) { edges { node { threshold spent periodStart } } } }`,
    );
    const events = data.budgetEvents.edges.map(({ node }) => node);
    expect(events).toHaveLength(faults.rounds * thresholds.length);
    expect(new Set(events.map(({ threshold, periodStart }) => `${threshold} ${periodStart}`)).size).toBe(events.length);
    // Each by the transaction that reached it: the one before had not.
    const early = events.filter(({ threshold, spent }) => Number(spent) < limit * threshold);
    const late = events.filter(({ threshold, spent }) => Number(spent) - writers >= limit * threshold);
    expect([early, late]).toEqual([[], []]);
  });
});
