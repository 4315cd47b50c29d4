import { expect, it } from 'vitest';
import { describeOnEachDatabase } from '../support/databases.ts';
import { useBudgetTenant } from './budget-tenant.ts';
import { graphql } from './gql/gql.ts';
import type { CreateBudgetInput, ReserveUsageInput } from './gql/graphql.ts';
import { CreateApiKey } from './operations.ts';

const Reserve = graphql(`
  mutation Reserve($input: ReserveUsageInput!) {
    reserveUsage(input: $input) {
      id
      status
      heldUsd
      heldTokens
      expiresAt
      budgets {
        budget {
          name
        }
        value
        spent
        reserved
      }
    }
  }
`);

const Release = graphql(`
  mutation Release($id: ID!, $tenantId: ID) {
    releaseReservation(id: $id, tenantId: $tenantId)
  }
`);

describeOnEachDatabase('reservations', (kind) => {
  const on = useBudgetTenant(kind);
  const budget = async (input: Partial<CreateBudgetInput> = {}) => (await on.create({ action: 'BLOCK', ...input })).id;
  const reserve = async (input: Partial<ReserveUsageInput>) =>
    (await on.gateway.ask(Reserve, { input: { tenantId: on.tenantId, ...input } })).reserveUsage;
  const refusal = async (input: Partial<ReserveUsageInput>) =>
    (await on.gateway.send(Reserve, { input: { tenantId: on.tenantId, ...input } })).errors[0]?.extensions;
  const record = on.spend;
  /** Of the first budget. */
  const standing = async () => {
    const { budgets } = await reserve({ costUsd: '0', inputTokens: 0, ttlSeconds: 1 });
    return [budgets[0]?.spent, budgets[0]?.reserved];
  };

  it('hold room until the call is recorded, and then it counts with what it came to', async () => {
    await budget();
    const held = await reserve({ reservationId: 'r', costUsd: '4' });
    expect(held).toEqual({
      id: 'r',
      status: 'HELD',
      heldUsd: '4',
      heldTokens: null,
      expiresAt: '2026-04-15T12:01:00.000Z',
      budgets: [{ budget: { name: 'Budget' }, value: null, spent: '0', reserved: '4' }],
    });
    expect(await record('1.5', { requestId: 'c', reservationId: 'r' })).toBe('RECORDED');
    expect(await record('1.5', { requestId: 'c', reservationId: 'r' })).toBe('DUPLICATE');
    expect(await standing()).toEqual(['1.5', '0']);
    expect((await reserve({ reservationId: 'r', costUsd: '4' })).status).toBe('SETTLED');
    expect(await standing()).toEqual(['1.5', '0']);
  });

  it('are refused where a budget has no room, with what remains and when it resets', async () => {
    const id = await budget({ name: 'Month' });
    await record('3');
    await reserve({ costUsd: '5.5' });
    expect(await refusal({ reservationId: 'r', costUsd: '1.500000000000000001' })).toEqual({
      code: 'BUDGET_EXCEEDED',
      budgetId: id,
      value: null,
      remaining: '1.5',
      resetsAt: '2026-05-01T00:00:00.000Z',
    });
    // What was refused is not remembered.
    expect((await reserve({ reservationId: 'r', costUsd: '1.5' })).status).toBe('HELD');
    expect(await refusal({ costUsd: '0.1' })).toMatchObject({ code: 'BUDGET_EXCEEDED', remaining: '0' });
    // What was done is recorded all the same.
    expect(await record('30')).toBe('RECORDED');
  });

  it('give back what they hold when they are released, or expire', async () => {
    await budget();
    await reserve({ reservationId: 'a', costUsd: '4' });
    await reserve({ reservationId: 'b', costUsd: '4', ttlSeconds: 30 });
    const release = async (id: string) =>
      (await on.gateway.ask(Release, { tenantId: on.tenantId, id })).releaseReservation;
    expect([await release('a'), await release('a')]).toEqual([true, true]);
    expect(await standing()).toEqual(['0', '4']);
    on.now = new Date(on.now.getTime() + 30_000);
    expect(await standing()).toEqual(['0', '0']);
    expect(await release('b')).toBe(false);
    expect((await reserve({ reservationId: 'a', costUsd: '4' })).status).toBe('RELEASED');
    expect((await reserve({ reservationId: 'b', costUsd: '4' })).status).toBe('EXPIRED');
    const { errors } = await on.gateway.send(Release, { tenantId: on.tenantId, id: 'unknown' });
    expect(errors[0]?.extensions).toEqual({ code: 'NOT_FOUND', field: 'id' });
  });

  it('that are over, unknown or another tenant’s refuse no call', async () => {
    await budget();
    await reserve({ reservationId: 'expired', costUsd: '4' });
    on.now = new Date(on.now.getTime() + 60_000);
    for (const reservationId of ['expired', 'unknown', 'a\0b', '\u{d800}', ''])
      expect(await record('1', { reservationId })).toBe('RECORDED');
    expect(await standing()).toEqual(['5', '0']);
  });

  it('hold of every blocking budget that the call belongs to, or of none', async () => {
    await budget({ name: 'A', scope: { each: { dimension: 'USER' } } });
    await budget({ name: 'B', metric: 'CALLS', limit: '1', scope: { tag: { name: 'team', values: ['search'] } } });
    await budget({ name: 'C', action: 'NOTIFY', limit: '1' });
    const call = { userId: 'ann', tags: { team: 'search' }, costUsd: '2' };
    expect(
      (await reserve(call)).budgets.map(({ budget: { name }, value, reserved }) => [name, value, reserved]),
    ).toEqual([
      ['A', 'ann', '2'],
      ['B', null, '1'],
      ['C', null, '0'],
    ]);
    expect(await refusal(call)).toMatchObject({ code: 'BUDGET_EXCEEDED', remaining: '0' });
    const { budgets } = await reserve({ userId: 'ann', costUsd: '8' });
    expect(budgets.map(({ reserved }) => reserved)).toEqual(['10', '0']);
    expect(await refusal({ userId: 'ann', costUsd: '1' })).toMatchObject({ value: 'ann', remaining: '0' });
    expect((await reserve({ userId: 'bob', costUsd: '10' })).status).toBe('HELD');
  });

  it('estimate tokens, priced like a call, and need what a blocking budget counts', async () => {
    await budget();
    await budget({ metric: 'TOTAL_TOKENS', limit: '2000000' });
    const tokens = { inputTokens: 1_000_000, maxOutputTokens: 500_000 };
    const priced = await reserve({ provider: 'openai', model: 'gpt-4o-mini', ...tokens });
    expect(priced).toMatchObject({ heldUsd: '0.45', heldTokens: 1_500_000 });
    expect(await refusal({ costUsd: '1' })).toEqual({ code: 'VALIDATION_ERROR', field: 'inputTokens' });
    expect(await refusal({ ...tokens, model: 'nothing that is known' })).toEqual({
      code: 'VALIDATION_ERROR',
      field: 'costUsd',
    });
    expect(await refusal({ costUsd: '1', ttlSeconds: 3601 })).toEqual({
      code: 'VALIDATION_ERROR',
      field: 'ttlSeconds',
    });
    expect(await refusal({ costUsd: '-1' })).toEqual({ code: 'VALIDATION_ERROR', field: 'costUsd' });
  });

  it('of a limit of 0 are all refused, and without blocking budgets none', async () => {
    expect((await reserve({})).budgets).toEqual([]);
    await budget({ limit: '0' });
    expect(await refusal({ costUsd: '0' })).toMatchObject({ code: 'BUDGET_EXCEEDED', remaining: '0' });
  });

  it('are made with a key that may only record', async () => {
    await budget();
    const { createApiKey } = await on.gateway.ask(CreateApiKey, {
      tenantId: on.tenantId,
      input: { name: 'writer', scopes: ['USAGE_WRITE'] },
    });
    const { reserveUsage } = await on.gateway.ask(Reserve, { input: { costUsd: '4' } }, createApiKey.secret);
    expect(reserveUsage.budgets[0]?.reserved).toBe('4');
    expect((await on.gateway.ask(Release, { id: reserveUsage.id }, createApiKey.secret)).releaseReservation).toBe(true);
  });
});
