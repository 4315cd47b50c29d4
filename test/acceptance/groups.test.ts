import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { CreateAgent, CreateTenant, RecordBatch } from './operations.ts';

const start = Date.parse('2026-04-14T12:00:00Z');

interface Answer {
  usage: {
    totals: { totalCalls: number };
    filtersApplied: { from: string; to: string };
    groups: {
      edges: { cursor: string; node: { values: { value: string | null }[]; stats: { totalCalls: number } } }[];
      pageInfo: { endCursor: string | null };
      others: { stats: { totalCalls: number } } | null;
    };
  };
}

describeOnEachDatabase('groups', (kind) => {
  let gateway: TestGateway;
  let now = start;

  const record = (...calls: object[]) =>
    gateway.ask(RecordBatch, {
      inputs: calls.map((call) => ({ tenantId: 'acme', inputTokens: 1, outputTokens: 1, ...call })),
    });

  beforeAll(async () => {
    gateway = await startTestGateway(kind, { clock: () => new Date(now) });
    for (const id of ['acme', 'globex']) await gateway.ask(CreateTenant, { input: { id, name: id } });
    await gateway.ask(CreateAgent, { tenantId: 'acme', input: { id: 'bot', name: 'Bot' } });
    const at = { occurredAt: '2026-04-01T12:00:00Z' };
    await record(
      ...Array.from({ length: 4 }, () => ({ ...at, model: 'large', agentId: 'bot', userId: 'ada' })),
      ...Array.from({ length: 3 }, () => ({
        ...at,
        model: 'small',
        agentId: 'other',
        occurredAt: '2026-04-03T01:00:00Z',
      })),
      { ...at, userId: 'bob' },
      { ...at, tenantId: 'globex', model: 'large', agentId: 'bot' },
    );
  });
  afterAll(() => gateway.close());

  const page = (groups: string, args = 'to: "2026-04-14T00:00:00Z"') => `{ usage(tenantId: "acme", ${args}) {
    totals { totalCalls } filtersApplied { from to }
    groups(${groups}) { edges { cursor node { values { value } stats { totalCalls } } } pageInfo { endCursor } others { stats { totalCalls } } } } }`;
  const ask = async (document: string): Promise<Answer['usage']> => {
    const { data, errors } = await gateway.send<Answer, object>(document);
    expect(errors).toEqual([]);
    return data.usage;
  };
  const byModel = 'by: [{ dimension: MODEL }], orderBy: CALLS_DESC, first: 1';

  it('show cost a day stacked by model, with registered agents', async () => {
    const { data, errors } =
      await gateway.send(`{ usage(tenantId: "acme", fromDate: "2026-04-01", toDate: "2026-04-04") {
      groups(by: [{ dimension: MODEL }, { dimension: AGENT }], orderBy: CALLS_DESC) {
        groupCount
        edges { node { values { dimension value } agent { name } share buckets { localStart stats { totalCalls } } } }
        others { share }
      }
    } }`);
    expect(errors).toEqual([]);
    const days = (...counts: number[]) =>
      counts.map((totalCalls, day) => ({ localStart: `2026-04-0${day + 1}T00:00:00`, stats: { totalCalls } }));
    const group = (model: string, agentId: string | null, name: string | null, share: number, ...counts: number[]) => ({
      node: {
        values: [
          { dimension: 'MODEL', value: model },
          { dimension: 'AGENT', value: agentId },
        ],
        agent: name === null ? null : { name },
        share,
        buckets: days(...counts),
      },
    });
    expect(data).toEqual({
      usage: {
        groups: {
          groupCount: 3,
          edges: [
            group('large', 'bot', 'Bot', 0.5, 4, 0, 0),
            group('small', 'other', null, 0.375, 0, 0, 3),
            group('unknown', null, null, 0.125, 1, 0, 0),
          ],
          others: null,
        },
      },
    });
  });

  it('go on where a page ended, in the window of that page, while calls arrive', async () => {
    now = start;
    const first = await ask(page(byModel, ''));
    expect(first).toMatchObject({
      totals: { totalCalls: 8 },
      groups: {
        edges: [{ node: { values: [{ value: 'large' }], stats: { totalCalls: 4 } } }],
        others: { stats: { totalCalls: 4 } },
      },
    });
    now = start + 60_000;
    await record({ model: 'large' }, { model: 'new', userId: 'eve' });
    const second = await ask(page(`${byModel}, after: "${first.groups.pageInfo.endCursor}"`, ''));
    expect(second.filtersApplied).toEqual(first.filtersApplied);
    expect(second).toMatchObject({
      totals: { totalCalls: 8 },
      groups: {
        edges: [{ node: { values: [{ value: 'small' }], stats: { totalCalls: 3 } } }],
        others: { stats: { totalCalls: 5 } },
      },
    });
  });

  it('of calls that have no value are asked for by the empty text, and are the null ones', async () => {
    const { groups, totals } = await ask(
      page(
        'by: [{ dimension: USER }]',
        'to: "2026-04-14T00:00:00Z", filters: { userId: ["", "ada"], model: ["", "small", "large"] }',
      ),
    );
    expect(totals.totalCalls).toBe(7);
    expect(groups.edges.map(({ node }) => [node.values[0]?.value, node.stats.totalCalls])).toEqual(
      expect.arrayContaining([
        ['ada', 4],
        [null, 3],
      ]),
    );
  });

  it('go on only with a cursor of the same list and window', async () => {
    const { groups } = await ask(page(byModel));
    const after = `after: "${groups.pageInfo.endCursor}"`;
    const again = groups.edges[0]?.cursor;
    expect(again).toBe(groups.pageInfo.endCursor);
    const refused = async (document: string) => (await gateway.send(document)).errors;
    const onAfter = { extensions: { code: 'VALIDATION_ERROR', field: 'after' } };
    for (const document of [
      page(`by: [{ dimension: AGENT }], orderBy: CALLS_DESC, first: 1, ${after}`),
      page(`by: [{ dimension: MODEL }], orderBy: COST_DESC, first: 1, ${after}`),
      page(`${byModel}, ${after}`, 'to: "2026-04-14T00:00:00Z", filters: { status: FAILED }'),
      page(`${byModel}, ${after}`, 'to: "2026-04-13T00:00:00Z"'),
      page(`${byModel}, ${after}`, 'from: "2026-04-02T00:00:00Z"'),
      page(`${byModel}, ${after}`, 'fromDate: "2026-04-02"'),
      page(`${byModel}, after: "bm90IGEgY3Vyc29y"`),
      page(byModel).replace(
        'totals {',
        `more: groups(by: [{ dimension: MODEL }], orderBy: CALLS_DESC, after: "${groups.pageInfo.endCursor}x") { groupCount } other: groups(by: [{ dimension: MODEL }], orderBy: CALLS_DESC, ${after}) { groupCount } totals {`,
      ),
      page(`${byModel}, ${after}`).replace('tenantId: "acme"', 'tenantId: "globex"'),
    ])
      expect(await refused(document)).toMatchObject([onAfter]);
    // The same window in other words, and the same list in a document with variables.
    expect((await ask(page(`${byModel}, ${after}`, 'toDate: "2026-04-14"'))).groups.edges).toHaveLength(1);
    expect(
      await gateway.send(
        'query ($after: String) { usage(tenantId: "acme", period: LAST_7_DAYS) { groups(by: [{ dimension: MODEL }], orderBy: CALLS_DESC, after: $after) { edges { node { values { value } } } } filtersApplied { to } } }',
        { after: groups.pageInfo.endCursor },
      ),
    ).toMatchObject({ errors: [], data: { usage: { filtersApplied: { to: '2026-04-14T00:00:00.000Z' } } } });
  });

  it('are of at most 1,000 values of a filter', async () => {
    const values = (count: number) => Array.from({ length: count }, (_, no) => `"u${no}"`).join();
    const filtered = (count: number) => page('by: [{ dimension: USER }]', `filters: { userId: [${values(count)}] }`);
    expect((await ask(filtered(1000))).totals.totalCalls).toBe(0);
    const { errors } = await gateway.send(filtered(1001));
    expect(errors).toMatchObject([
      {
        message: "'userId' has 1001 values; a filter has at most 1,000",
        extensions: { code: 'VALIDATION_ERROR', field: 'userId' },
      },
    ]);
  });

  it.each([
    ['by: []', 'by', /takes 1 to 4 things; these are 0$/],
    ['by: [{ dimension: MODEL }, { dimension: MODEL }]', 'by', /names the same thing twice$/],
    ['by: [{ dimension: TENANT }]', 'by', /TENANT is for reports over all tenants/],
    [
      'by: [{ dimension: MODEL }, { dimension: AGENT }, { dimension: USER }, { dimension: BOT }, { dimension: STATUS }]',
      'by',
      /these are 5$/,
    ],
    ['by: [{ dimension: MODEL }], first: 0', 'first', /from 1 to 1000/],
  ])('are refused with %s', async (args, field, message) => {
    const { errors } = await gateway.send(page(args));
    expect(errors).toMatchObject([
      { message: expect.stringMatching(message), extensions: { code: 'VALIDATION_ERROR', field } },
    ]);
  });
});
