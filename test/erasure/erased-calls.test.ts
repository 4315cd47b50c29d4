import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { erasedUser } from '../../src/values/erased.ts';
import { CreateTenant, RecordBatch, Void } from '../acceptance/operations.ts';
import { requestOf } from '../ingest/otlp-request.ts';
import { sendTo } from '../ingest/send-to.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { exported, imported } from '../transfer/export/exported.ts';
import { erase } from './erase.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const now = new Date('2026-05-20T10:00:00Z');
const budgets = `
  budgets(tenantId: "acme") { edges { node { name scope { tagValues } states { edges { node { value spent reserved } } } } } }
  budgetEvents(tenantId: "acme", first: 100) { edges { node { budget { name } value threshold spent } } }
  reconcile(tenantId: "acme") { differing budgets { budgetId value stored expected } }`;

interface Budgets {
  budgets: {
    edges: {
      node: { name: string; scope: object; states: { edges: { node: { value: string | null; spent: string } }[] } };
    }[];
  };
  budgetEvents: { edges: { node: { budget: { name: string }; value: string | null; threshold: number } }[] };
  reconcile: { differing: number; budgets: object[] };
}

describeOnEachDatabase('calls of an erased user', (kind) => {
  let gateway: TestGateway;
  let folder: string;

  const call = (requestId: string, userId: string | null, more: object = {}) => ({
    tenantId: 'acme',
    requestId,
    userId,
    occurredAt: '2026-05-20T09:00:00Z',
    inputTokens: 10,
    outputTokens: 10,
    costUsd: '0.4',
    tags: { mail: `${userId}@example.com`, team: 'search' },
    metadata: { of: userId },
    ...more,
  });
  const outcomesOf = async (inputs: object[]) => {
    const { recordUsageBatch } = await gateway.ask(RecordBatch, { inputs: inputs as never });
    return recordUsageBatch.results.map(({ outcome }) => outcome);
  };
  const read = async <Data>(document: string): Promise<Data> => {
    const { data, errors } = await gateway.send<Data, object>(document);
    expect(errors).toEqual([]);
    return data;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ugt-'));
    gateway = await startTestGateway(kind, { clock: () => now, folding: false });
    await gateway.ask(CreateTenant, { input: { id: 'acme', name: 'Acme' } });
    await read(`mutation {
      updateTenant(id: "acme", input: { personalTags: ["mail"] }) { personalTags }
      users: createBudget(tenantId: "acme", input: { name: "Users", limit: "1", scope: { each: { dimension: USER } } }) { id }
      ada: createBudget(tenantId: "acme", input: { name: "Ada", limit: "1", scope: { userId: "ada" } }) { id }
      mails: createBudget(tenantId: "acme", input: { name: "Mails", limit: "1", scope: { each: { tag: "mail" } } }) { id }
      mail: createBudget(tenantId: "acme", input: { name: "Mail", limit: "1", scope: { tag: { name: "mail", values: ["ada@example.com", "eve@example.com"] } } }) { id }
      all: createBudget(tenantId: "acme", input: { name: "All", limit: "100" }) { id }
    }`);
    expect(
      await outcomesOf([
        ...['a-1', 'a-2', 'a-3'].map((id) => call(id, 'ada')),
        call('b-1', 'ben'),
        call('e-1', 'eve'),
        call('n-1', null, { tags: { team: 'search' } }),
      ]),
    ).toEqual(Array.from({ length: 6 }, () => 'RECORDED'));
    // Replaced: once by a call of the same user, and once by somebody else's.
    expect(await outcomesOf([call('a-2', 'ada', { outputTokens: 20, replaces: true })])).toEqual(['REPLACED']);
    expect(await outcomesOf([call('a-4', 'ada')])).toEqual(['RECORDED']);
    expect(await outcomesOf([call('a-4', 'eve', { outputTokens: 20, replaces: true })])).toEqual(['REPLACED']);
    await gateway.ask(Void, { tenantId: 'acme', requestId: 'a-3', reason: 'wrong' });
    expect(await erase(gateway, { tenantId: 'acme', userId: 'ada' })).toBe(3);
  });
  afterAll(async () => {
    await gateway?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('are shown without what told of the user', async () => {
    const { calls } = await read<{ calls: { edges: { node: { requestId: string } }[] } }>(
      '{ calls(tenantId: "acme") { edges { node { requestId userId userErased metadata tags costUsd } } } }',
    );
    const byId = Object.fromEntries(calls.edges.map(({ node }) => [node.requestId, node]));
    const erased = { userId: null, userErased: true, metadata: null, tags: { team: 'search' }, costUsd: '0.4' };
    for (const id of ['a-1', 'a-2', 'a-3']) expect(byId[id]).toEqual({ requestId: id, ...erased });
    expect(byId['a-4']).toMatchObject({ userId: 'eve', userErased: false, tags: { mail: 'eve@example.com' } });
    expect(byId['n-1']).toMatchObject({ userId: null, userErased: false });
  });

  it('are found by no filter for a user, nor among those without one', async () => {
    const of = async (filter: string) => {
      const { usage } = await read<{ usage: { totals: { totalCalls: number } } }>(
        `{ usage(tenantId: "acme", filters: { ${filter} }) { totals { totalCalls } } }`,
      );
      return usage.totals.totalCalls;
    };
    expect(await of('userId: ["ada"]')).toBe(0);
    expect(await of(`userId: [${JSON.stringify(erasedUser)}]`)).toBe(0);
    expect(await of('userId: [""]')).toBe(1);
    // Without the tag are the two that count of the erased user, and the one that never had it.
    expect(await of('tags: [{ name: "mail", values: [""] }]')).toBe(3);
    expect((await read<{ tagValues: string[] }>('{ tagValues(tenantId: "acme", name: "mail") }')).tagValues).toEqual([
      'ben@example.com',
      'eve@example.com',
    ]);
  });

  it('answer for their keys, whatever content comes with them', async () => {
    const contents = [
      call('a-1', 'ada'),
      call('a-1', 'ada', { outputTokens: 1 }),
      call('a-2', 'ben', { occurredAt: '2026-01-01T00:00:00Z' }),
      call('a-2', 'ada', { outputTokens: 10 }),
      call('a-3', null),
    ];
    const duplicates = contents.map(() => 'DUPLICATE');
    expect(await outcomesOf(contents)).toEqual(duplicates);
    expect(await outcomesOf(contents.map((input) => ({ ...input, outputTokens: 500, replaces: true })))).toEqual(
      duplicates,
    );
    const preview = await read<{ previewUsage: object }>(
      '{ previewUsage(input: { tenantId: "acme", requestId: "a-1", inputTokens: 7, outputTokens: 99, replaces: true }) { outcome event { userId } } }',
    );
    expect(preview.previewUsage).toEqual({ outcome: 'DUPLICATE', event: { userId: null } });
    const { json } = await sendTo(gateway, '/v1/calls', JSON.stringify({ requestId: 'a-1', inputTokens: 3 }));
    expect(json.results).toMatchObject([{ outcome: 'DUPLICATE' }]);
    const bytes = '{"requestId":"a-1","inputTokens":8}\n';
    const { orm } = gateway.database;
    for (const replaces of [false, true])
      expect(await imported(orm, folder, { bytes, tenant: 'acme', format: 'ndjson', replaces })).toMatchObject({
        duplicates: 1,
        rejected: 0,
      });
    const { call: stored } = await read<{ call: object }>(
      '{ call(tenantId: "acme", requestId: "a-1") { userId inputTokens metadata } }',
    );
    expect(stored).toEqual({ userId: null, inputTokens: 10, metadata: null });
  });

  it('answer so as well where only an earlier version was the user’s', async () => {
    expect(await outcomesOf([call('a-4', 'eve', { outputTokens: 20 }), call('a-4', 'ada')])).toEqual([
      'DUPLICATE',
      'DUPLICATE',
    ]);
    expect(await outcomesOf([call('a-4', 'ada', { outputTokens: 90, replaces: true })])).toEqual(['DUPLICATE']);
  });

  it('leave their budgets, which tell nothing of them any more', async () => {
    const { budgets: found, budgetEvents, reconcile } = await read<Budgets>(`{ ${budgets} }`);
    expect(reconcile).toEqual({ differing: 0, budgets: [] });
    const states = Object.fromEntries(
      found.edges.map(({ node }) => [
        node.name,
        Object.fromEntries(node.states.edges.map(({ node: { value, spent } }) => [value ?? '', spent])),
      ]),
    );
    expect(states).toEqual({
      Users: { eve: '0.8', ben: '0.4' },
      Mails: { 'eve@example.com': '0.8', 'ben@example.com': '0.4' },
      Mail: { '': '0.8' },
      All: { '': '2.4' },
    });
    expect(found.edges.find(({ node }) => node.name === 'Mail')?.node.scope).toEqual({
      tagValues: ['eve@example.com'],
    });
    const events = budgetEvents.edges.map(({ node }) => [node.budget.name, node.value, node.threshold]);
    expect(events.toSorted()).toEqual(
      [
        ['Mail', null, 0.8],
        ['Mail', null, 1],
        ['Mails', 'eve@example.com', 0.8],
        ['Mails', null, 0.8],
        ['Mails', null, 1],
        ['Users', 'eve', 0.8],
        ['Users', null, 0.8],
        ['Users', null, 1],
      ].toSorted(),
    );
  });

  it('count no more when they are voided, and fire nothing when others join them', async () => {
    await gateway.ask(Void, { tenantId: 'acme', requestId: 'a-1', reason: 'wrong' });
    const before = await read<Budgets>(`{ ${budgets} }`);
    expect(before.reconcile).toEqual({ differing: 0, budgets: [] });
    expect(await erase(gateway, { tenantId: 'acme', userId: 'eve' })).toBe(2);
    const after = await read<Budgets>(`{ ${budgets} }`);
    expect(after.reconcile).toEqual({ differing: 0, budgets: [] });
    // Of two persons and one threshold the first event stays.
    expect(after.budgetEvents.edges.length).toBe(before.budgetEvents.edges.length - 2);
    const { budgets: found } = await read<{ budgets: { edges: { node: { id: string; name: string } }[] } }>(
      '{ budgets(tenantId: "acme") { edges { node { id name } } } }',
    );
    const users = found.edges.find(({ node }) => node.name === 'Users')?.node.id ?? '';
    await read(
      `mutation { updateBudget(tenantId: "acme", id: "${users}", input: { thresholds: [0.1], limit: "0.5" }) { id } }`,
    );
    const { budgetEvents } = await read<Budgets>(`{ ${budgets} }`);
    const told = budgetEvents.edges.filter(({ node }) => node.threshold === 0.1);
    expect(told.map(({ node }) => node.value)).toEqual(['ben']);
  });

  it('cannot be made by anybody', async () => {
    const forged = { requestId: 'forged', userId: erasedUser, inputTokens: 1 };
    const { errors } = await gateway.send<object, object>(
      'mutation ($input: RecordUsageInput!) { recordUsage(input: $input) { outcome } }',
      { input: { tenantId: 'acme', ...forged } },
    );
    expect(errors).toMatchObject([{ extensions: { code: 'VALIDATION_ERROR', field: 'userId' } }]);
    const rejected = { outcome: 'REJECTED', error: { code: 'VALIDATION_ERROR', field: 'userId' } };
    const plain = await sendTo(gateway, '/v1/calls', JSON.stringify(forged));
    expect(plain.json.results).toMatchObject([rejected]);
    const event = {
      specversion: '1.0',
      id: 'forged',
      source: 's',
      type: 't',
      data: { ...forged, requestId: undefined },
    };
    const events = await sendTo(gateway, '/v1/events', JSON.stringify(event), {
      'content-type': 'application/cloudevents+json',
    });
    expect(events.json.results).toMatchObject([rejected]);
    const span = {
      id: 'forged',
      parent: '',
      name: 'chat',
      scope: 'x',
      attrs: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.usage.input_tokens': 1,
        'enduser.id': erasedUser,
        'user.id': erasedUser,
      },
    };
    await sendTo(gateway, '/v1/traces', JSON.stringify(requestOf([span], 'f'.repeat(32))));
    const { orm } = gateway.database;
    for (const format of ['ndjson', 'csv'] as const) {
      const bytes =
        format === 'csv'
          ? `requestId,userId,inputTokens,outputTokens\nforged,${erasedUser},1,1\n`
          : `${JSON.stringify(forged)}\n`;
      expect(await imported(orm, folder, { bytes, tenant: 'acme', format })).toMatchObject({
        recorded: 0,
        rejected: 1,
      });
    }
    const { usage } = await read<{ usage: { byUser: { label: string | null; stats: { totalCalls: number } }[] } }>(
      '{ usage(tenantId: "acme") { byUser { label stats { totalCalls } } } }',
    );
    // One of hers is left, and the two of the other.
    expect(usage.byUser.find(({ label }) => label === 'erased')?.stats.totalCalls).toBe(3);
  });

  it('are exported without a user, and can be imported elsewhere', async () => {
    const { orm } = gateway.database;
    const bytes = await exported(orm, { tenant: 'acme', format: 'ndjson' });
    expect(bytes.toString()).not.toContain('erased');
    expect(await imported(orm, folder, { bytes, tenant: 'elsewhere', format: 'ndjson' })).toMatchObject({
      rejected: 0,
    });
    // Where they came from they are known.
    expect(await imported(orm, folder, { bytes, tenant: 'acme', format: 'ndjson' })).toMatchObject({
      recorded: 0,
      rejected: 0,
    });
  });
});
