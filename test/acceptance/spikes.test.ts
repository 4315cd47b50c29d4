import { expect, it } from 'vitest';
import { forgetHoursTask } from '../../src/limits/forget-hours.task.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { auditRows } from '../support/audit-rows.ts';
import { foldAll } from '../reporting/folded.ts';
import { BudgetEvents, useBudgetTenant } from './budget-tenant.ts';
import { graphql } from './gql/gql.ts';
import type { CreateBudgetInput, RecordUsageInput } from './gql/graphql.ts';
import { SetPrice, UpdateTenant, Void } from './operations.ts';

const Batch = graphql(`
  mutation RecordHistory($inputs: [RecordUsageInput!]!) {
    recordUsageBatch(inputs: $inputs) {
      recorded
    }
  }
`);

const ChangeSpike = graphql(`
  mutation ChangeSpike($id: ID!, $input: UpdateBudgetInput!, $tenantId: ID) {
    updateBudget(id: $id, input: $input, tenantId: $tenantId) {
      name
    }
  }
`);

const Reprice = graphql(`
  mutation RepriceHour($tenantId: ID, $from: DateTime!, $to: DateTime!) {
    repriceUsage(tenantId: $tenantId, from: $from, to: $to, scope: UNPRICED, reason: "Priced.", dryRun: false) {
      calls
    }
  }
`);

const hourMs = 3_600_000;
const start = '2026-04-15T12:30:00Z';

describeOnEachDatabase('budgets that watch for spikes', (kind) => {
  const on = useBudgetTenant(kind, start);
  const { spend, refusal, standings, differences } = on;
  const watch = (input: Partial<CreateBudgetInput> = {}) => on.create({ spike: { floor: '10' }, ...input });
  const ago = (hours: number) => new Date(on.now.getTime() - hours * hourMs).toISOString();
  /** Calls of this hour of the day, by how many days ago. */
  const history = async (costs: Record<number, string>, more: Partial<RecordUsageInput> = {}) => {
    const inputs = Object.entries(costs).map(([days, costUsd]) => ({
      tenantId: on.tenantId,
      costUsd,
      inputTokens: 1,
      occurredAt: ago(Number(days) * 24),
      ...more,
    }));
    expect((await on.gateway.ask(Batch, { inputs })).recordUsageBatch.recorded).toBe(inputs.length);
  };
  const everyDay = (days: number, cost: string) =>
    Object.fromEntries(Array.from({ length: days }, (_, index) => [index + 1, cost]));
  const spikes = async (id?: string) =>
    (await on.events(id)).map(({ value, spent, usual }) => [value, spent, usual]).toSorted();

  it('have a factor and a floor in place of a limit, and can neither BLOCK nor have thresholds', async () => {
    const { id, ...created } = await watch({ name: 'Night', scope: { each: { dimension: 'USER' } }, metric: 'CALLS' });
    expect(created).toMatchObject({ name: 'Night', limit: null, spike: { factor: 5, floor: '10' }, thresholds: [] });
    expect(created).toMatchObject({ action: 'NOTIFY', metric: 'CALLS' });
    const spike = { floor: '10' };
    expect(await refusal({ spike })).toEqual(['VALIDATION_ERROR', 'spike']);
    expect(await refusal({ limit: null, spike, action: 'BLOCK' })).toEqual(['VALIDATION_ERROR', 'action']);
    expect(await refusal({ limit: null, spike, thresholds: [1] })).toEqual(['VALIDATION_ERROR', 'thresholds']);
    expect(await refusal({ limit: null, spike: { floor: '0' } })).toEqual(['VALIDATION_ERROR', 'floor']);
    expect(await refusal({ limit: null, spike: { floor: '10', factor: 0.5 } })).toEqual(['VALIDATION_ERROR', 'factor']);
    const change = async (input: object) => {
      const { errors } = await on.gateway.send(ChangeSpike, { tenantId: on.tenantId, id, input });
      return errors[0]?.extensions.field;
    };
    expect(await change({ limit: '1' })).toBe('limit');
    expect(await change({ thresholds: [1] })).toBe('thresholds');
    expect(await change({ action: 'BLOCK' })).toBe('action');
    expect(await change({ name: 'Nights' })).toBe(undefined);
    const [act] = await auditRows(on.gateway, id);
    expect(act?.details).toMatchObject({ factor: '5', floor: '10', limit: null });
  });

  it('tell of an hour that is so many times the usual one and above the floor, once', async () => {
    const { id } = await watch({ spike: { factor: 4, floor: '10' } });
    await history({ 1: '3', 2: '1', 3: '3', 4: '100', 5: '5', 6: '2', 7: '3', 8: '7' });
    await spend('11.999999999999999999');
    expect(await spikes()).toEqual([]);
    expect(await standings(id)).toEqual([
      {
        value: null,
        spent: '11.999999999999999999',
        reserved: '0',
        limit: null,
        usual: '3',
        ratio: 1,
        status: 'WARNING',
        resetsAt: '2026-04-15T13:00:00.000Z',
      },
    ]);
    await spend('0.000000000000000001');
    await spend('50');
    const [event, ...others] = await on.events(id);
    expect(others).toEqual([]);
    expect(event).toMatchObject({ spent: '12', usual: '3', threshold: null, limit: null, value: null });
    expect(event?.periodStart).toBe('2026-04-15T12:00:00.000Z');
    expect((await standings(id))[0]).toMatchObject({ status: 'EXCEEDED', usual: '3' });
    expect(await differences()).toEqual([]);
    // The next hour has a usual of 0, and is above the floor.
    on.now = new Date(on.now.getTime() + hourMs);
    await spend('9.99');
    expect(await spikes()).toHaveLength(1);
    await spend('0.01');
    expect(await spikes()).toEqual([
      [null, '10', '0'],
      [null, '12', '3'],
    ]);
  });

  it('are quiet until there is a week of history, from when on hours without calls are 0', async () => {
    const { id } = await watch();
    await spend('0', { occurredAt: ago(167) });
    await spend('1000');
    expect(await spikes()).toEqual([]);
    expect((await standings(id))[0]).toMatchObject({ usual: null, ratio: 0, status: 'OK', spent: '1000' });
    await spend('0', { occurredAt: ago(168) });
    expect(await spikes()).toEqual([]);
    await spend('1');
    expect(await spikes()).toEqual([[null, '1001', '0']]);
    // Seven hours tell it by now, of which four have calls.
    await history({ 1: '300', 2: '300', 3: '300', 4: '300' });
    expect((await standings(id))[0]).toMatchObject({ usual: '300' });
    expect(await differences()).toEqual([]);
  });

  it('know calls from before they were created, folded or not, however long ago', async () => {
    await spend('1', { occurredAt: ago(24 * 300), userId: 'ann' });
    await history(everyDay(20, '3'), { userId: 'ann' });
    await foldAll(on.gateway.database.orm);
    await history({ 21: '3', 22: '3' }, { userId: 'bob' });
    await spend('40', { userId: 'ann' });
    const whole = await watch();
    const each = await watch({ scope: { each: { dimension: 'USER' } } });
    const ofBob = await watch({ scope: { userId: 'bob' }, metric: 'CALLS', spike: { floor: '2' } });
    expect(await spikes(whole.id)).toEqual([[null, '40', '3']]);
    expect(await spikes(each.id)).toEqual([['ann', '40', '3']]);
    await spend('10', { userId: 'bob' });
    await spend('10', { userId: 'bob' });
    await spend('10', { userId: 'new' });
    expect(await spikes(each.id)).toEqual([
      ['ann', '40', '3'],
      ['bob', '10', '0'],
    ]);
    expect(await spikes(ofBob.id)).toEqual([[null, '2', '0']]);
    expect((await standings(each.id)).map(({ value, usual, ratio }) => [value, usual, ratio])).toEqual([
      ['ann', '3', 40 / 15],
      ['bob', '0', 2],
      ['new', null, 0],
    ]);
    expect(await differences()).toEqual([]);
  });

  it('fire nothing for late calls into hours that are over, and for early ones at once', async () => {
    const { id } = await watch();
    await history(everyDay(10, '1'));
    await spend('1000', { occurredAt: ago(1) });
    await spend('1000', { occurredAt: ago(0.6) });
    expect(await spikes()).toEqual([]);
    on.now = new Date('2026-04-15T12:58:00Z');
    await spend('9', { occurredAt: '2026-04-15T13:02:00Z' });
    await spend('1', { occurredAt: '2026-04-15T13:02:30Z' });
    expect((await on.events(id)).map(({ periodStart }) => periodStart)).toEqual(['2026-04-15T13:00:00.000Z']);
  });

  it('count neither voided calls nor those that were replaced, and tell once whatever is voided', async () => {
    const { id } = await watch();
    await history(everyDay(10, '1'));
    await spend('8', { requestId: 'r' });
    await on.gateway.ask(Void, { tenantId: on.tenantId, requestId: 'r', reason: 'Wrong.' });
    await spend('9');
    expect(await spikes()).toEqual([]);
    const snapshot = (costUsd: string, outputTokens: number) =>
      spend(costUsd, { requestId: 's', outputTokens, replaces: true });
    expect([await snapshot('0.5', 1), await snapshot('1', 2)]).toEqual(['RECORDED', 'REPLACED']);
    expect(await spikes()).toEqual([[null, '10', '1']]);
    await on.gateway.ask(Void, { tenantId: on.tenantId, requestId: 's', reason: 'Wrong.' });
    await spend('5');
    expect(await spikes()).toEqual([[null, '10', '1']]);
    expect((await standings(id))[0]?.spent).toBe('14');
    expect(await differences()).toEqual([]);
  });

  it('forget the first call when it is voided', async () => {
    await watch();
    await spend('1', { occurredAt: ago(200), requestId: 'first' });
    await spend('1', { occurredAt: ago(100) });
    await on.gateway.ask(Void, { tenantId: on.tenantId, requestId: 'first', reason: 'Wrong.' });
    await spend('1000');
    expect(await spikes()).toEqual([]);
    expect(await differences()).toEqual([]);
  });

  it('see what repricing makes of the running hour and of those that tell what is usual', async () => {
    const { id } = await watch();
    const call = { costUsd: null, provider: 'own', model: `model of ${on.tenantId}`, inputTokens: 1_000_000 };
    await history(everyDay(10, '1'));
    await history({ 3: '1', 4: '1' }, call);
    await spend('1', { ...call, outputTokens: 0 });
    expect(await spikes()).toEqual([]);
    const price = { provider: 'own', model: call.model, inputUsdPerMillion: '12', outputUsdPerMillion: '0' };
    const input = { ...price, effectiveFrom: '2020-01-01T00:00:00Z' };
    await on.gateway.ask(SetPrice, { tenantId: on.tenantId, input });
    const window = { tenantId: on.tenantId, from: ago(24 * 28), to: ago(-1) };
    expect((await on.gateway.ask(Reprice, window)).repriceUsage.calls).toBe(3);
    expect(await spikes(id)).toEqual([[null, '12', '1']]);
    expect(await differences()).toEqual([]);
  });

  it('see history and spike in one batch', async () => {
    await watch();
    await history({ 0: '30', ...everyDay(10, '5') });
    expect(await spikes()).toEqual([[null, '30', '5']]);
    on.now = new Date(on.now.getTime() + 24 * hourMs);
    // With 20 a day it would not be one.
    await history({ 0: '80', ...everyDay(11, '15') });
    expect(await spikes()).toEqual([[null, '30', '5']]);
    expect(await differences()).toEqual([]);
  });

  it('go on by the clock of another time zone, by which all hours are counted again', async () => {
    const { id } = await watch();
    // At 12:10, which is 17:55 in Kathmandu, while it is 18:15 there now.
    for (const days of [1, 2, 3, 4, 5, 6, 7, 8]) await spend('1', { occurredAt: ago(24 * days + 1 / 3) });
    await spend('2');
    const standing = async () => {
      const [state] = await standings(id);
      return [state?.spent, state?.usual, state?.resetsAt];
    };
    expect(await standing()).toEqual(['2', '1', '2026-04-15T13:00:00.000Z']);
    await on.gateway.ask(UpdateTenant, { id: on.tenantId, input: { timezone: 'Asia/Kathmandu' } });
    // The running hour ends as it began. The hours of Kathmandu that begin within it are without calls.
    expect(await standing()).toEqual(['2', '0', '2026-04-15T13:00:00.000Z']);
    on.now = new Date('2026-04-15T13:00:00Z');
    expect(await standing()).toEqual(['0', '0', '2026-04-15T13:15:00.000Z']);
    on.now = new Date('2026-04-16T12:10:00Z');
    await spend('4');
    expect(await standing()).toEqual(['4', '1', '2026-04-16T12:15:00.000Z']);
    expect(await differences()).toEqual([]);
  });

  it('forget single hours after some weeks, and nothing that counts', async () => {
    const { id } = await watch({ scope: { each: { dimension: 'USER' } } });
    await history(everyDay(29, '1'), { userId: 'ann' });
    await spend('3', { occurredAt: ago(24 * 20), userId: 'bob', requestId: 'r' });
    const forget = () => forgetHoursTask(on.gateway.database.orm, () => on.now).step(new AbortController().signal);
    const hours = async () => {
      const [row] = await on.gateway.database.orm.em
        .fork()
        .execute<{ hours: number }[]>(
          `select count(*)::int as hours from budget_counter where tenant_id = '${on.tenantId}'`,
        );
      return row?.hours;
    };
    const before = await hours();
    await forget();
    expect(await hours()).toBe(before);
    on.now = new Date(on.now.getTime() + 24 * 20 * hourMs);
    await forget();
    // Ann's nine days at the end, and one row for each of both users.
    expect(await hours()).toBe(11);
    expect(await differences()).toEqual([]);
    await spend('1', { userId: 'bob', occurredAt: ago(24 * 39) });
    await on.gateway.ask(Void, { tenantId: on.tenantId, requestId: 'r', reason: 'Wrong.' });
    expect(await differences()).toEqual([]);
    await spend('10', { userId: 'bob' });
    expect(await spikes(id)).toEqual([['bob', '10', '0']]);
    await on.gateway.database.orm.em
      .fork()
      .execute(
        `update budget_counter set calls = calls + 1 where tenant_id = '${on.tenantId}' and value = 'bob' and spent = 10`,
      );
    expect(await differences()).toMatchObject([{ budgetId: id, value: 'bob', storedCalls: 2, expectedCalls: 1 }]);
  });

  it('list values by how near they are to a spike, in pages', async () => {
    const { id } = await watch({ scope: { each: { dimension: 'USER' } } });
    await history(everyDay(10, '10'), { userId: 'ann' });
    await history(everyDay(10, '1'), { userId: 'bob' });
    await history(everyDay(10, '4'), { userId: 'cec' });
    await spend('30', { userId: 'ann' });
    await spend('9', { userId: 'bob' });
    await spend('12', { userId: 'cec' });
    const ranked = (await standings(id)).map(({ value, ratio }) => [value, ratio]);
    expect(ranked).toEqual([
      ['bob', 0.9],
      ['ann', 0.6],
      ['cec', 0.6],
    ]);
    const page = async (afterState?: string | null) => {
      const { data } = await on.gateway.send<Page, object>(
        `query ($tenantId: ID, $after: String) { budgets(tenantId: $tenantId) { edges { node {
          states(first: 2, after: $after) { edges { node { value } } pageInfo { endCursor } } } } } }`,
        { tenantId: on.tenantId, after: afterState },
      );
      const states = data.budgets.edges[0]?.node.states;
      return [states?.edges.map(({ node }) => node.value), states?.pageInfo.endCursor] as const;
    };
    const [first, cursor] = await page();
    expect(first).toEqual(['bob', 'ann']);
    expect((await page(cursor))[0]).toEqual(['cec']);
  });

  it('are shown in a preview, and by a reservation, which they never refuse', async () => {
    await watch();
    await history(everyDay(10, '4'));
    await spend('10');
    const shown = 'budget { spike { factor } } spent usual ratio';
    const { data, errors } = await on.gateway.send<object, object>(
      `mutation ($tenantId: ID) { reserveUsage(input: { tenantId: $tenantId, costUsd: "100" }) { budgets { ${shown} } } }`,
      { tenantId: on.tenantId },
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({
      reserveUsage: { budgets: [{ budget: { spike: { factor: 5 } }, spent: '10', usual: '4', ratio: 0.5 }] },
    });
    const preview = await on.gateway.send<object, object>(
      `query ($input: RecordUsageInput!) { previewUsage(input: $input) { budgets { ${shown} } } }`,
      { input: { tenantId: on.tenantId, costUsd: '10', inputTokens: 1 } },
    );
    expect(preview.data).toEqual({
      previewUsage: { budgets: [{ budget: { spike: { factor: 5 } }, spent: '20', usual: '4', ratio: 1 }] },
    });
  });

  it('are told with their events to those who may read, with a page of events', async () => {
    await watch();
    await history(everyDay(10, '1'));
    await spend('10');
    on.now = new Date(on.now.getTime() + hourMs);
    await spend('10');
    const page = (await on.gateway.ask(BudgetEvents, { tenantId: on.tenantId, first: 1 })).budgetEvents;
    const next = (await on.gateway.ask(BudgetEvents, { tenantId: on.tenantId, after: page.pageInfo.endCursor }))
      .budgetEvents;
    expect(page.edges).toHaveLength(1);
    expect(next.edges).toHaveLength(1);
  });
});

interface Page {
  budgets: {
    edges: { node: { states: { edges: { node: { value: string } }[]; pageInfo: { endCursor: string | null } } } }[];
  };
}
