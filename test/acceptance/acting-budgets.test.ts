import { expect, it } from 'vitest';
import { describeOnEachDatabase } from '../support/databases.ts';
import { foldAll } from '../reporting/folded.ts';
import { auditRows } from '../support/audit-rows.ts';
import { BudgetEvents, Budgets, CreateBudget, useBudgetTenant } from './budget-tenant.ts';
import { graphql } from './gql/gql.ts';
import { CreateAgent, UpdateAgent, UpdateTenant, Void } from './operations.ts';

const UpdateBudget = graphql(`
  mutation UpdateBudget($id: ID!, $input: UpdateBudgetInput!, $tenantId: ID) {
    updateBudget(id: $id, input: $input, tenantId: $tenantId) {
      id
      name
      limit
      thresholds
      action
    }
  }
`);

const DeleteBudget = graphql(`
  mutation DeleteBudget($id: ID!, $tenantId: ID) {
    deleteBudget(id: $id, tenantId: $tenantId)
  }
`);

describeOnEachDatabase('budgets', (kind) => {
  const on = useBudgetTenant(kind);
  const { create, refusal, spend, budgets, states } = on;
  const events = async (id?: string) =>
    (await on.events(id)).map(({ value, threshold, spent, limit }) => [value, threshold, spent, limit]).toSorted();

  it('are created, listed, changed and deleted, each with an audit row', async () => {
    const { id, ...created } = await create({
      name: 'Searches',
      scope: { tag: { name: 'team', values: ['search', 'find'] }, each: { dimension: 'USER' } },
      metric: 'CALLS',
      period: 'DAY',
      limit: '100',
      thresholds: [1, 0.5],
      action: 'BLOCK',
    });
    expect(created).toEqual({
      name: 'Searches',
      scope: {
        agentId: null,
        userId: null,
        recordedBy: null,
        tagName: 'team',
        tagValues: ['search', 'find'],
        eachDimension: 'USER',
        eachTag: null,
      },
      metric: 'CALLS',
      limit: '100',
      spike: null,
      period: 'DAY',
      thresholds: [0.5, 1],
      action: 'BLOCK',
    });
    const change = { name: 'Finds', limit: '7.5', thresholds: [0.9] };
    expect((await on.gateway.ask(UpdateBudget, { tenantId: on.tenantId, id, input: change })).updateBudget).toEqual({
      id,
      ...change,
      action: 'BLOCK',
    });
    expect((await budgets()).map((budget) => [budget.id, budget.name, budget.limit])).toEqual([[id, 'Finds', '7.5']]);
    await on.gateway.ask(DeleteBudget, { tenantId: on.tenantId, id });
    expect(await budgets()).toEqual([]);
    const again = [
      await on.gateway.send(UpdateBudget, { tenantId: on.tenantId, id, input: change }),
      await on.gateway.send(DeleteBudget, { tenantId: on.tenantId, id }),
    ];
    for (const { errors } of again)
      expect([errors[0]?.extensions.code, errors[0]?.extensions.field]).toEqual(['NOT_FOUND', 'id']);
    const odd = await on.gateway.send(DeleteBudget, { tenantId: on.tenantId, id: 'a\0b' });
    expect(odd.errors[0]?.extensions).toEqual({ code: 'NOT_FOUND', field: 'id' });
    expect(await events('a\0b')).toEqual([]);
    const acts = await auditRows(on.gateway, id);
    expect(acts.map(({ action }) => action)).toEqual(['budget.create', 'budget.update', 'budget.delete']);
    expect(acts[1]?.details).toMatchObject({ limit: { old: '100', new: '7.5' } });
  });

  it('need a limit, one condition at most, and fields that can be', async () => {
    expect(await refusal({ limit: null })).toEqual(['VALIDATION_ERROR', 'limit']);
    expect(await refusal({ limit: '-1' })).toEqual(['VALIDATION_ERROR', 'limit']);
    expect(await refusal({ name: '' })).toEqual(['VALIDATION_ERROR', 'name']);
    expect(await refusal({ scope: { agentId: 'a', userId: 'u' } })).toEqual(['VALIDATION_ERROR', 'scope']);
    expect(await refusal({ scope: { tag: { name: 'team', values: [] } } })).toEqual(['VALIDATION_ERROR', 'tag']);
    expect(await refusal({ scope: { tag: { name: 'team', values: [''] } } })).toEqual(['VALIDATION_ERROR', 'tag']);
    expect(await refusal({ scope: { each: { dimension: 'MODEL' } } })).toEqual(['VALIDATION_ERROR', 'each']);
    expect(await refusal({ thresholds: [] })).toEqual(['VALIDATION_ERROR', 'thresholds']);
    expect(await refusal({ thresholds: [0] })).toEqual(['VALIDATION_ERROR', 'thresholds']);
    const { errors } = await on.gateway.send(CreateBudget, { tenantId: 'nowhere', input: { name: 'B', limit: '1' } });
    expect(errors[0]?.extensions.code).toBe('NOT_FOUND');
  });

  it('count the calls of their scope, from the begin of the running period, whether folded or not', async () => {
    await spend('1', { userId: 'ann', tags: { team: 'search' } });
    await spend('100', { userId: 'ann', occurredAt: '2026-03-31T23:59:59.999Z' });
    await foldAll(on.gateway.database.orm);
    await spend('2', { userId: 'bob' });
    const whole = await create({});
    const ofAnn = await create({ scope: { userId: 'ann' } });
    const each = await create({ scope: { each: { dimension: 'USER' } } });
    const eachTeam = await create({ metric: 'TOTAL_TOKENS', scope: { each: { tag: 'team' } } });
    const calls = await create({ metric: 'CALLS', period: 'TOTAL' });
    await spend('4', { userId: 'ann', tags: { team: 'search' } });
    await spend('8');
    await spend('16', { userId: 'ann', occurredAt: '2026-03-31T23:59:59.999Z' });
    expect(await states(whole.id)).toEqual([[null, '15', 'EXCEEDED']]);
    expect(await states(ofAnn.id)).toEqual([[null, '5', 'OK']]);
    expect(await states(each.id)).toEqual([
      ['ann', '5', 'OK'],
      ['bob', '2', 'OK'],
    ]);
    expect(await states(eachTeam.id)).toEqual([['search', '6', 'OK']]);
    expect(await states(calls.id)).toEqual([[null, '6', 'OK']]);
  });

  it('count a call once, however often it is sent, and not once it is void', async () => {
    const { id } = await create({});
    await spend('5', { requestId: 'r' });
    await spend('5', { requestId: 'r' });
    expect(await states(id)).toEqual([[null, '5', 'OK']]);
    for (const reason of ['Wrong.', 'Again.'])
      await on.gateway.ask(Void, { tenantId: on.tenantId, requestId: 'r', reason });
    expect(await states(id)).toEqual([[null, '0', 'OK']]);
  });

  it('reset with each period, and follow another time zone from the next one on', async () => {
    const { id } = await create({ period: 'DAY' });
    await spend('5');
    await on.gateway.ask(UpdateTenant, { id: on.tenantId, input: { timezone: 'Asia/Tokyo' } });
    await spend('1');
    const resets = async () => (await budgets())[0]?.states.edges[0]?.node.resetsAt;
    expect([await states(id), await resets()]).toEqual([[[null, '6', 'OK']], '2026-04-16T00:00:00.000Z']);
    on.now = new Date('2026-04-16T00:00:00Z');
    await spend('2');
    expect([await states(id), await resets()]).toEqual([[[null, '2', 'OK']], '2026-04-16T15:00:00.000Z']);
    on.now = new Date('2026-04-16T15:00:00Z');
    expect([await states(id), await resets()]).toEqual([[[null, '0', 'OK']], '2026-04-17T15:00:00.000Z']);
  });

  it('follow another time zone also where nothing was recorded since it was set', async () => {
    const { id } = await create({ period: 'DAY' });
    await spend('5');
    await on.gateway.ask(UpdateTenant, { id: on.tenantId, input: { timezone: 'Asia/Tokyo' } });
    on.now = new Date('2026-04-16T15:30:00Z');
    await spend('1');
    expect(await states(id)).toEqual([[null, '1', 'OK']]);
    expect(await on.differences()).toEqual([]);
  });

  it.each([
    // The clock goes back by half an hour within the day and the month.
    ['Australia/Lord_Howe', '2026-04-04T20:00:00Z', '2026-04-04T13:00:00.000Z', '2026-04-05T13:30:00.000Z'],
    ['Asia/Kathmandu', '2026-04-15T12:00:00Z', '2026-04-14T18:15:00.000Z', '2026-04-15T18:15:00.000Z'],
    // The clock goes forward within the day.
    ['America/New_York', '2026-03-08T12:00:00Z', '2026-03-08T05:00:00.000Z', '2026-03-09T04:00:00.000Z'],
  ])('have their borders at midnight in %s, to the millisecond', async (timezone, middle, begin, end) => {
    await on.gateway.ask(UpdateTenant, { id: on.tenantId, input: { timezone } });
    const before = (instant: string) => new Date(Date.parse(instant) - 1).toISOString();
    on.now = new Date(middle);
    await spend('100', { occurredAt: before(begin) });
    await spend('1', { occurredAt: begin });
    const { id } = await create({ period: 'DAY', limit: '4', thresholds: [1] });
    await spend('100', { occurredAt: before(begin) });
    await spend('2', { occurredAt: begin });
    const resets = async () => (await budgets())[0]?.states.edges[0]?.node.resetsAt;
    expect([await states(id), await resets()]).toEqual([[[null, '3', 'OK']], end]);
    on.now = new Date(before(end));
    await spend('1');
    expect([await states(id), await resets()]).toEqual([[[null, '4', 'EXCEEDED']], end]);
    on.now = new Date(end);
    expect(await states(id)).toEqual([[null, '0', 'OK']]);
    await spend('5');
    await spend('8', { occurredAt: before(end) });
    expect(await states(id)).toEqual([[null, '5', 'EXCEEDED']]);
    const told = (await on.events(id)).map(({ spent, periodStart }) => [spent, periodStart]).toSorted();
    expect(told).toEqual([
      ['4', begin],
      ['5', end],
    ]);
    expect(await on.differences()).toEqual([]);
  });

  it('are paged, and so are their states, the highest ratio first', async () => {
    for (const limit of ['1', '2', '3']) await create({ limit, scope: { each: { dimension: 'USER' } } });
    for (const [userId, cost] of [
      ['c', '1'],
      ['a', '1'],
      ['b', '2'],
    ] as const)
      await spend(cost, { userId });
    const first = (await on.gateway.ask(Budgets, { tenantId: on.tenantId, first: 2, states: 2 })).budgets;
    expect(first.edges.map(({ node }) => node.limit)).toEqual(['1', '2']);
    const page = first.edges[0]?.node.states;
    expect(page?.edges.map(({ node }) => [node.value, node.ratio])).toEqual([
      ['b', 2],
      ['a', 1],
    ]);
    const rest = await on.gateway.ask(Budgets, { tenantId: on.tenantId, after: first.pageInfo.endCursor });
    expect(rest.budgets.edges.map(({ node }) => node.limit)).toEqual(['3']);
    const next = await on.gateway.ask(Budgets, { tenantId: on.tenantId, afterState: page?.pageInfo.endCursor ?? null });
    expect(next.budgets.edges[0]?.node.states.edges.map(({ node }) => node.value)).toEqual(['c']);
  });

  it('mirror the monthly limit of agents both ways', async () => {
    await spend('3', { agentId: 'bot' });
    await on.gateway.ask(CreateAgent, {
      tenantId: on.tenantId,
      input: { id: 'bot', name: 'Bot', budgetLimitUsd: '4' },
    });
    const id = 'agent:bot';
    expect(await states(id)).toEqual([[null, '3', 'OK']]);
    await on.gateway.ask(UpdateBudget, { tenantId: on.tenantId, id, input: { limit: '3' } });
    const limit = async () =>
      (
        await on.gateway.send<{ agent: { budgetLimitUsd: string | null } }, object>(
          'query ($tenantId: ID) { agent(id: "bot", tenantId: $tenantId) { budgetLimitUsd } }',
          { tenantId: on.tenantId },
        )
      ).data.agent.budgetLimitUsd;
    expect(await limit()).toBe('3');
    expect(await states(id)).toEqual([[null, '3', 'EXCEEDED']]);
    await on.gateway.ask(UpdateAgent, { tenantId: on.tenantId, id: 'bot', input: { budgetLimitUsd: '30' } });
    expect(await states(id)).toEqual([[null, '3', 'OK']]);
    await on.gateway.ask(DeleteBudget, { tenantId: on.tenantId, id });
    expect(await limit()).toBe(null);
    await on.gateway.ask(UpdateAgent, { tenantId: on.tenantId, id: 'bot', input: { budgetLimitUsd: '30' } });
    await on.gateway.ask(UpdateAgent, { tenantId: on.tenantId, id: 'bot', input: { budgetLimitUsd: null } });
    expect(await budgets()).toEqual([]);
  });

  it('tell of each threshold once, in a call, a new budget and a lower limit, whatever is voided', async () => {
    const { id } = await create({ thresholds: [0.5, 1] });
    await spend('4.999999999999999999');
    expect(await events(id)).toEqual([]);
    await spend('0.000000000000000001');
    expect(await events(id)).toEqual([[null, 0.5, '5', '10']]);
    await spend('1', { requestId: 'r' });
    await on.gateway.ask(Void, { tenantId: on.tenantId, requestId: 'r', reason: 'Wrong.' });
    await spend('1');
    expect(await events(id)).toEqual([[null, 0.5, '5', '10']]);
    await on.gateway.ask(UpdateBudget, { tenantId: on.tenantId, id, input: { limit: '6' } });
    expect(await events(id)).toEqual([
      [null, 0.5, '5', '10'],
      [null, 1, '6', '6'],
    ]);
    await create({ limit: '6', thresholds: [0.9] });
    expect(await events()).toHaveLength(3);
    on.now = new Date('2026-05-01T00:00:00Z');
    await spend('6');
    expect(await events(id)).toHaveLength(4);
    // A late call into the period in which the budget was made.
    await spend('1', { occurredAt: '2026-04-30T23:00:00Z' });
    expect(await events(id)).toHaveLength(4);
  });

  it('tell of each value on its own, and of a limit of 0 never', async () => {
    const { id } = await create({ scope: { each: { dimension: 'USER' } }, thresholds: [1] });
    await create({ limit: '0' });
    await spend('10', { userId: 'ann' });
    await spend('10', { userId: 'bob' });
    await spend('10');
    expect(await events()).toEqual([
      ['ann', 1, '10', '10'],
      ['bob', 1, '10', '10'],
    ]);
    const page = (await on.gateway.ask(BudgetEvents, { tenantId: on.tenantId, first: 1 })).budgetEvents;
    expect(page.edges[0]?.node).toMatchObject({
      budget: { id },
      value: 'bob',
      periodStart: '2026-04-01T00:00:00.000Z',
    });
    const next = (await on.gateway.ask(BudgetEvents, { tenantId: on.tenantId, after: page.pageInfo.endCursor }))
      .budgetEvents;
    expect(next.edges.map(({ node }) => node.value)).toEqual(['ann']);
  });

  it('count calls that are recorded while they are created, each once', async () => {
    const storm = Array.from({ length: 40 }, () => spend('1', { userId: 'ann' }));
    const made = await Promise.all([1, 2, 3].map(() => create({ scope: { each: { dimension: 'USER' } } })));
    await Promise.all(storm);
    for (const { id } of made) expect(await states(id)).toEqual([['ann', '40', 'EXCEEDED']]);
  });

  it('are compared with the ledger by reconcile, which names what differs', async () => {
    const each = await create({ scope: { each: { tag: 'team' } }, period: 'DAY' });
    const whole = await create({ metric: 'TOTAL_TOKENS', scope: { agentId: 'bot' } });
    await spend('1', { tags: { team: 'search' } });
    await spend('2', { agentId: 'bot' });
    on.now = new Date('2026-04-17T12:00:00Z');
    await spend('4', { tags: { team: 'search' }, requestId: 'r' });
    await spend('8', { tags: { team: 'find' }, occurredAt: '2026-04-15T00:00:00Z' });
    await on.gateway.ask(Void, { tenantId: on.tenantId, requestId: 'r', reason: 'Wrong.' });
    expect(await on.differences()).toEqual([]);
    const change = (sql: string) => on.gateway.database.orm.em.fork().execute(sql);
    await change(`update budget_counter set spent = spent + 0.5
      where tenant_id = '${on.tenantId}' and value = 'search' and period_start = '2026-04-15T00:00:00Z'`);
    await change(`delete from budget_counter where tenant_id = '${on.tenantId}' and budget_id = '${whole.id}'`);
    const ofLimits = { storedCalls: null, expectedCalls: null };
    expect(await on.differences()).toEqual([
      {
        budgetId: each.id,
        value: 'search',
        periodStart: '2026-04-15T00:00:00.000Z',
        stored: '1.5',
        expected: '1',
        ...ofLimits,
      },
      {
        budgetId: whole.id,
        value: '',
        periodStart: '2026-04-01T00:00:00.000Z',
        stored: null,
        expected: '3',
        ...ofLimits,
      },
    ]);
  });

  it('project what will be spent when the period ends, each value by its own pace', async () => {
    await create({ scope: { each: { dimension: 'USER' } }, period: 'DAY', metric: 'CALLS' });
    await create({ period: 'TOTAL' });
    for (const occurredAt of ['2026-04-14T12:00:00Z', '2026-04-15T01:00:00Z', '2026-04-15T02:00:00Z'])
      await spend('1', { userId: 'ann', occurredAt });
    await spend('1', { userId: 'bob' });
    const { data } = await on.gateway.send<
      { budgets: { edges: { node: { states: { edges: { node: object }[] } } }[] } },
      object
    >(
      `query ($tenantId: ID) {
        budgets(tenantId: $tenantId) { edges { node { states { edges { node { value spent projected } } } } } } }`,
      { tenantId: on.tenantId },
    );
    const nodes = data.budgets.edges.flatMap(({ node }) => node.states.edges.map((edge) => edge.node));
    expect(nodes).toEqual([
      // 3 in 24 hours, and 12 are left.
      { value: 'ann', spent: '2', projected: '3.5' },
      { value: 'bob', spent: '1', projected: null },
      { value: null, spent: '4', projected: null },
    ]);
  });
});
