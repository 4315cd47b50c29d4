import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { giveLevels } from '../../src/rollup/weigh.service.ts';
import type { TenantId } from '../../src/values/identifier.ts';
import { Reconcile, Void } from '../acceptance/operations.ts';
import { foldAll } from '../reporting/folded.ts';
import { givenSeed } from '../reporting/property-options.ts';
import { randomCalls, tenants } from '../reporting/random-calls.ts';
import { bucketFor, randomReportQuery, type RandomReportQuery } from '../reporting/random-report-queries.ts';
import { recordAll, startRecordedGateway } from '../reporting/recorded-gateway.ts';
import { expectSummariesOfLedger } from '../rollup/expect-summaries.ts';
import { asOwner } from '../support/as-owner.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import type { TestGateway } from '../support/gateway.ts';
import { erase } from './erase.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const seed = givenSeed ?? Date.now() % 1_000_000_000;
/** Some more of the first tenant, so that several of its calls are in one summary. */
const calls = [
  ...randomCalls(700, seed),
  ...randomCalls(300, seed + 1).map((call) => ({ ...call, tenantId: 'Acme', requestId: `more-${call.requestId}` })),
];
const personal = 'a.b-c';
const erased = new Set(['ada', 'çelik']);

/** What is asked by, but for the user and the tags that are marked personal. */
const keys = [
  'AGENT',
  'PROVIDER',
  'MODEL',
  'CHANNEL',
  'BOT',
  'THREAD',
  'KNOWLEDGE_BASE',
  'OPERATION',
  'STATUS',
  'SERVICE_TIER',
  'RECORDED_BY',
  'COST_SOURCE',
].map((dimension) => `{ dimension: ${dimension} }`);
const by = fc.uniqueArray(fc.constantFrom(...keys, '{ tag: "team" }', '{ tag: "env" }'), {
  minLength: 1,
  maxLength: 3,
});

const stats = `totalCalls failedCalls errorRate totalCostUsd unpricedCalls cachedInputTokens cacheWriteTokens reasoningTokens
  cost { inputUsd cachedInputUsd cacheWriteUsd outputUsd unitsUsd unsplitUsd cacheSavingsUsd } units { unit quantity }
  callDurationMs { avg min max p5 p50 p95 p99 } timeToFirstTokenMs { avg min max p5 p50 p95 p99 }
  inputTokens { total avg min max p5 p50 p95 p99 } outputTokens { total avg min max p5 p50 p95 p99 }`;

interface Asked extends RandomReportQuery {
  by: string[];
}

/** Report queries of the tenant that ask for no one who is erased. */
const asked = (): Asked[] =>
  fc
    .sample(fc.record({ query: randomReportQuery(calls), by }), { numRuns: 15, seed })
    .map(({ query, by }) => ({ ...query, tenantId: 'Acme' as const, by }))
    .map((query) => {
      const { userId, tags, ...filters } = query.filters;
      const others = userId?.filter((user) => !erased.has(user));
      const kept = tags?.filter(({ name }) => name !== personal);
      return {
        ...query,
        filters: { ...filters, ...(others ? { userId: others } : {}), ...(kept ? { tags: kept } : {}) },
      };
    });

async function answerTo(gateway: TestGateway, query: Asked): Promise<object> {
  const { from, to, filters, timezone, by, bucketNo } = query;
  const text = (at: number | undefined) => (at === undefined ? null : new Date(at).toISOString());
  const bucket = from === undefined || to === undefined ? 'MONTH' : bucketFor({ from, to }, bucketNo);
  const { data, errors } = await gateway.send<object, object>(
    `query ($from: DateTime, $to: DateTime, $filters: UsageFilters, $timezone: TimeZone, $bucket: Bucket!) {
      usage(tenantId: "Acme", from: $from, to: $to, filters: $filters, timezone: $timezone, bucket: $bucket) {
        totals { ${stats} } buckets { ts stats { ${stats} } }
        byAgent { agentId stats { ${stats} } } byModel { provider model stats { ${stats} } }
        groups(by: [${by.join(', ')}], first: 1000) {
          groupCount edges { node { values { value label } share stats { ${stats} } buckets { ts stats { totalCostUsd } } } } }
      }
    }`,
    { from: text(from), to: text(to), filters, timezone: timezone ?? null, bucket },
  );
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data;
}

describeOnEachDatabase(`what reports add up to (FC_SEED=${seed})`, (kind) => {
  let gateway: TestGateway;
  const answers = async (queries = asked()) => {
    const found: object[] = [];
    for (const query of queries) found.push(await answerTo(gateway, query));
    return found;
  };
  const others = async () => {
    const { data } = await gateway.send<object, object>(
      `{ ${tenants
        .map(
          ({ id }, no) =>
            `t${no}: usage(tenantId: ${JSON.stringify(id)}) { totals { ${stats} } byUser { userId stats { totalCalls } } }`,
        )
        .slice(1)
        .join(' ')} }`,
    );
    return data;
  };

  beforeAll(async () => {
    gateway = await startRecordedGateway(kind, calls);
    const { errors } = await gateway.send(
      `mutation { updateTenant(id: "Acme", input: { personalTags: ["${personal}"] }) { id } }`,
    );
    expect(errors).toEqual([]);
  });
  afterAll(() => gateway?.close());

  it('is the same before and after users are erased, to the last digit', async () => {
    const { orm } = gateway.database;
    const before = await answers();
    const ofOthers = await others();
    // Some calls and voids are not folded yet when the first is erased, and are folded between the two.
    expect(await erase(gateway, { tenantId: 'Acme', userId: 'ada' })).toBe(
      (await countOf('ada')) + calls.filter((call) => call.tenantId === 'Acme' && call.userId === 'ada').length,
    );
    expect(await answers()).toEqual(before);
    await expectSummariesOfLedger(orm);
    await foldAll(orm);
    expect(await answers()).toEqual(before);
    await erase(gateway, { tenantId: 'Acme', userId: 'çelik' });
    expect(await answers()).toEqual(before);
    expect(await others()).toEqual(ofOthers);
    await expectSummariesOfLedger(orm);
    expect((await gateway.ask(Reconcile)).reconcile).toMatchObject({ differing: 0 });
  });

  /** How many of the calls that were voided at the beginning were the user's. */
  async function countOf(userId: string): Promise<number> {
    const voided = calls.filter((_call, no) => no % 15 === 0);
    return voided.filter((call) => call.tenantId === 'Acme' && call.userId === userId).length;
  }

  it('goes on as it would have, with calls and voids that come afterwards', async () => {
    const { orm } = gateway.database;
    const ofErased = calls.filter(({ tenantId, userId }) => tenantId === 'Acme' && userId === 'ada').slice(0, 5);
    const ofEverybody = asked()
      .filter(({ filters }) => !filters.userId)
      .slice(0, 15);
    const before = await answers(ofEverybody);
    for (const { requestId } of ofErased) await gateway.ask(Void, { tenantId: 'Acme', requestId, reason: 'wrong' });
    expect(await answers(ofEverybody)).not.toEqual(before);
    await recordAll(
      gateway,
      ofErased.map((call) => ({ ...call, requestId: `again-${call.requestId}`, userId: 'Ben' })),
    );
    expect(await answers(ofEverybody)).toEqual(before);
    await foldAll(orm);
    expect(await answers(ofEverybody)).toEqual(before);
    await expectSummariesOfLedger(orm);
  });

  it('shows the erased in one group, and those that name nobody in another', async () => {
    const { data } = await gateway.send<
      {
        usage: { byUser: { userId: string | null; label: string | null; stats: { totalCalls: number } }[] };
      },
      object
    >('{ usage(tenantId: "Acme") { byUser { userId label stats { totalCalls } } } }');
    const rows = data.usage.byUser;
    const counted = (of: (userId: string | null) => boolean) =>
      calls.filter(({ tenantId, userId }) => tenantId === 'Acme' && of(userId)).length;
    // Five calls were voided, and came again for somebody else.
    expect(rows.find(({ label }) => label === 'erased')).toEqual({
      userId: null,
      label: 'erased',
      stats: { totalCalls: counted((user) => user !== null && erased.has(user)) - 5 },
    });
    expect(rows.find(({ label }) => label === null)).toEqual({
      userId: null,
      label: null,
      stats: { totalCalls: counted((user) => user === null) },
    });
    expect(
      rows
        .map(({ userId }) => userId)
        .filter(Boolean)
        .toSorted(),
    ).toEqual(['Ben', 'unknown']);
  });

  it('does not depend on calls that summaries are of', async () => {
    const { orm } = gateway.database;
    const days = `usage(tenantId: "berlin", from: "2010-01-01T00:00:00Z", to: "2027-01-01T00:00:00Z") {
      totals { ${stats} } byUser { userId label stats { ${stats} } } }`;
    await foldAll(orm);
    const read = async () => {
      const { data, errors } = await gateway.send<
        {
          usage: { totals: object; byUser: { label: string | null; stats: object }[] };
        },
        object
      >(`{ ${days} }`);
      expect(errors).toEqual([]);
      return data.usage;
    };
    await giveLevels(orm.em.fork(), 'berlin' as TenantId, async () => ['USER_DAY', 'USER_MONTH']);
    const before = await read();
    await asOwner(orm, `delete from usage_call where tenant_id = 'berlin'`);
    expect(await read()).toEqual(before);
    expect(await erase(gateway, { tenantId: 'berlin', userId: 'ada' })).toBe(0);
    const after = await read();
    expect(after.totals).toEqual(before.totals);
    const label = (users: string[]) => users.map((user) => (user === 'ada' ? 'erased' : user)).toSorted();
    expect(after.byUser.map((row) => row.label ?? '').toSorted()).toEqual(
      label(before.byUser.map((row) => row.label ?? '')),
    );
    const [was, is] = [before.byUser, after.byUser].map((rows) =>
      rows.find((row) => row.label === 'ada' || row.label === 'erased'),
    );
    expect(is?.stats).toEqual(was?.stats);
  });
});
