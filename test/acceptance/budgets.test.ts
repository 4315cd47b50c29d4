import { expect, it } from 'vitest';
import { describeOnEachDatabase } from '../support/databases.ts';
import { foldAll } from '../reporting/folded.ts';
import { useBudgetTenant } from './budget-tenant.ts';
import type { RecordUsageInput } from './gql/graphql.ts';
import {
  BudgetAlerts,
  CreateAgent,
  DeleteAgent,
  Record as RecordCall,
  UpdateAgent,
  UpdateTenant,
  Void,
} from './operations.ts';

describeOnEachDatabase('the budgets of a tenant', (kind) => {
  const on = useBudgetTenant(kind);
  const register = (id: string, budgetLimitUsd: string | null) =>
    on.gateway.ask(CreateAgent, { tenantId: on.tenantId, input: { id, name: id, budgetLimitUsd } });
  const spend = (agentId: string, costUsd: string, more: Partial<RecordUsageInput> = {}) =>
    on.spend(costUsd, { agentId, ...more });
  const alerts = async () => (await on.gateway.ask(BudgetAlerts, { tenantId: on.tenantId })).budgetAlerts;
  const states = async () => (await alerts()).map(({ agent, currentUsd, status }) => [agent.id, currentUsd, status]);

  it('stand by what was spent of them, compared exactly', async () => {
    for (const [id, limit, ...costs] of [
      ['below 80 %', '100', '79.999999999999999999'],
      ['at 80 %', '100', '80'],
      // Not so in floating point, where 0.1 times 0.8 is more than 0.08.
      ['at 80 % of little', '0.1', '0.05', '0.03'],
      ['below the limit', '100', '99.999999999999999999'],
      ['at the limit', '0.3', '0.1', '0.2'],
      ['above the limit', '2', '3'],
    ]) {
      await register(id ?? '', limit ?? null);
      for (const cost of costs) await spend(id ?? '', cost);
    }
    const found = (await alerts()).map(({ agent, status }) => [agent.id, status]);
    expect(Object.fromEntries(found)).toEqual({
      'below 80 %': 'OK',
      'at 80 %': 'WARNING',
      'at 80 % of little': 'WARNING',
      'below the limit': 'WARNING',
      'at the limit': 'EXCEEDED',
      'above the limit': 'EXCEEDED',
    });
  });

  it('are listed by how much is used up, equal ones by id, and those without a limit not at all', async () => {
    await register('b', '10');
    await register('a', '10');
    await register('half', '10');
    await register('zero', '0');
    await register('unlimited', null);
    await register('idle', '10');
    for (const [id, cost] of [
      ['a', '15'],
      ['b', '15'],
      ['half', '5'],
      ['zero', '7'],
      ['unlimited', '1000'],
      ['unregistered', '1000'],
    ])
      await spend(id ?? '', cost ?? '');
    expect(await alerts()).toEqual([
      { agent: { id: 'a', name: 'a' }, budgetLimitUsd: '10', currentUsd: '15', ratio: 1.5, status: 'EXCEEDED' },
      { agent: { id: 'b', name: 'b' }, budgetLimitUsd: '10', currentUsd: '15', ratio: 1.5, status: 'EXCEEDED' },
      { agent: { id: 'half', name: 'half' }, budgetLimitUsd: '10', currentUsd: '5', ratio: 0.5, status: 'OK' },
      { agent: { id: 'idle', name: 'idle' }, budgetLimitUsd: '10', currentUsd: '0', ratio: 0, status: 'OK' },
      { agent: { id: 'zero', name: 'zero' }, budgetLimitUsd: '0', currentUsd: '7', ratio: 0, status: 'OK' },
    ]);
  });

  it.each([
    ['Asia/Kathmandu', '2026-04-15T12:00:00Z', '2026-03-31T18:15:00.000Z', '2026-04-30T18:15:00.000Z'],
    // The clock changes within the month, on 8 March.
    ['America/New_York', '2026-03-20T12:00:00Z', '2026-03-01T05:00:00.000Z', '2026-04-01T04:00:00.000Z'],
  ])('are of the calendar month in %s', async (timezone, middle, begin, end) => {
    await on.gateway.ask(UpdateTenant, { id: on.tenantId, input: { timezone } });
    await register('bot', '10');
    const before = new Date(new Date(begin).getTime() - 1).toISOString();
    const last = new Date(new Date(end).getTime() - 1);
    on.now = new Date(middle);
    await spend('bot', '1', { occurredAt: before });
    await spend('bot', '2', { occurredAt: begin });
    await spend('bot', '4');
    expect(await states()).toEqual([['bot', '6', 'OK']]);
    await foldAll(on.gateway.database.orm);
    expect(await states()).toEqual([['bot', '6', 'OK']]);

    on.now = last;
    await spend('bot', '8');
    expect(await states()).toEqual([['bot', '14', 'EXCEEDED']]);
    on.now = new Date(end);
    expect(await states()).toEqual([['bot', '0', 'OK']]);
    await spend('bot', '9');
    expect(await states()).toEqual([['bot', '9', 'WARNING']]);
    on.now = new Date(new Date(begin).getTime() - 1);
    expect(await states()).toEqual([['bot', '1', 'OK']]);
  });

  it('do not count voided calls, nor those of another tenant, and follow the limit', async () => {
    await register('bot', '10');
    await spend('bot', '9', { requestId: 'wrong' });
    await spend('bot', '3');
    await on.gateway.ask(RecordCall, {
      input: { tenantId: `${on.tenantId}-other`, agentId: 'bot', costUsd: '5', inputTokens: 1, outputTokens: 1 },
    });
    expect(await states()).toEqual([['bot', '12', 'EXCEEDED']]);
    await on.gateway.ask(Void, { tenantId: on.tenantId, requestId: 'wrong', reason: 'wrong' });
    expect(await states()).toEqual([['bot', '3', 'OK']]);
    await on.gateway.ask(UpdateAgent, { tenantId: on.tenantId, id: 'bot', input: { budgetLimitUsd: '3' } });
    expect(await states()).toEqual([['bot', '3', 'EXCEEDED']]);
    await on.gateway.ask(UpdateAgent, { tenantId: on.tenantId, id: 'bot', input: { budgetLimitUsd: null } });
    expect(await states()).toEqual([]);
    await on.gateway.ask(UpdateAgent, { tenantId: on.tenantId, id: 'bot', input: { budgetLimitUsd: '4' } });
    await on.gateway.ask(DeleteAgent, { tenantId: on.tenantId, id: 'bot' });
    expect(await states()).toEqual([]);
  });

  it('count every agent, however many spend more', async () => {
    await register('bot', '1');
    await spend('bot', '0.9');
    const { errors } = await on.gateway.send(
      `mutation ($inputs: [RecordUsageInput!]!) { recordUsageBatch(inputs: $inputs) { recorded } }`,
      {
        inputs: Array.from({ length: 1000 }, (_, index) => ({
          tenantId: on.tenantId,
          agentId: `other-${index}`,
          costUsd: '5',
          inputTokens: 1,
          outputTokens: 1,
          occurredAt: on.now.toISOString(),
        })),
      },
    );
    expect(errors).toEqual([]);
    expect(await states()).toEqual([['bot', '0.9', 'WARNING']]);
  });

  it('of a tenant that does not exist are not found', async () => {
    const { errors } = await on.gateway.send(BudgetAlerts, { tenantId: 'nowhere' });
    expect(errors[0]?.extensions.code).toBe('NOT_FOUND');
  });
});
