import { expect, it, onTestFinished, vi } from 'vitest';
import { CreateTenant, Record as RecordCall } from '../acceptance/operations.ts';
import { createTestDatabase, describeOnEachDatabase } from '../support/databases.ts';
import type { TestGateway } from '../support/gateway.ts';
import { deadlocks, startGateways } from '../support/shared-database.ts';

vi.setConfig({ testTimeout: 120_000 });

const tenantId = 'acme';
const clients = 64;
const rounds = 3;
const limit = 100;

const Reserve = `mutation ($id: ID!) {
  reserveUsage(input: { tenantId: "acme", reservationId: $id, costUsd: "1" }) { status } }`;
const Standing = '{ budgets(tenantId: "acme") { edges { node { states { edges { node { spent reserved } } } } } } }';
const Events = '{ budgetEvents(tenantId: "acme") { edges { node { threshold } } } }';
const Counted = '{ reconcile(tenantId: "acme") { budgets { stored expected } } }';

interface Standings {
  budgets: { edges: { node: { states: { edges: { node: { spent: string; reserved: string } }[] } } }[] };
}

interface BudgetEvents {
  budgetEvents: { edges: { node: { threshold: number } }[] };
}

describeOnEachDatabase('a hot budget', (kind) => {
  it('grants exactly what there is when all calls cost what was reserved', async () => {
    const database = await createTestDatabase(kind);
    onTestFinished(database.drop);
    const gateways = await startGateways(database, kind === 'postgres' ? 2 : 1);
    const [first] = gateways;
    if (!first) throw new Error('There is a gateway.');
    await first.ask(CreateTenant, { input: { id: tenantId, name: tenantId } });
    const { errors } = await first.send(`mutation {
      createBudget(tenantId: "acme", input: { name: "B", period: TOTAL, limit: "${limit}", action: BLOCK }) { id } }`);
    expect(errors).toEqual([]);

    let granted = 0;
    const codes: string[] = [];
    const use = async (gateway: TestGateway, id: string) => {
      const { errors: refused } = await gateway.send(Reserve, { id });
      codes.push(...refused.map(({ extensions }) => extensions.code));
      if (refused.length > 0) return;
      granted++;
      const input = { tenantId, requestId: id, reservationId: id, costUsd: '1', inputTokens: 1 };
      for (;;) {
        const { data, errors: failed } = await gateway.send(RecordCall, { input });
        const isBusy = failed.some(({ extensions }) => extensions.code === 'OVERLOADED');
        // As clients do, where the machine has much else to do.
        if (isBusy) continue;
        expect([data?.recordUsage.outcome, failed]).toEqual(['RECORDED', []]);
        break;
      }
    };
    const state = async () => {
      const { data } = await first.send<Standings, object>(Standing);
      const node = data.budgets.edges[0]?.node.states.edges[0]?.node;
      return [Number(node?.spent), Number(node?.reserved)] as const;
    };
    const watch = { isOver: false };
    const watching = (async () => {
      while (!watch.isOver) {
        const [spent, reserved] = await state();
        expect(spent + reserved).toBeLessThanOrEqual(limit);
      }
    })();
    await Promise.all(
      Array.from({ length: clients }, async (_, client) => {
        for (let round = 0; round < rounds; round++)
          await use(gateways[client % gateways.length] ?? first, `${client}-${round}`);
      }),
    );
    watch.isOver = true;
    await watching;

    expect(await state()).toEqual([limit, 0]);
    const { data } = await first.send<BudgetEvents, object>(Events);
    const reached = data.budgetEvents.edges.map(({ node: { threshold } }) => threshold);
    expect(reached.toSorted()).toEqual([0.8, 1]);
    expect(new Set(codes)).toEqual(new Set(['BUDGET_EXCEEDED']));
    expect(granted).toBe(limit);
    expect((await first.send(Counted)).data).toEqual({ reconcile: { budgets: [] } });
    for (const gateway of gateways) await gateway.close();
    expect(await deadlocks(database)).toBe(0);
  });
});
