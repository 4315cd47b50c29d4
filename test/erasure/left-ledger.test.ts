import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { operator } from '../../src/caller/principal.ts';
import { forgetSome, keepSummaries } from '../../src/retention/retention.service.ts';
import type { TenantId } from '../../src/values/identifier.ts';
import { CreateTenant, Reconcile, RecordBatch } from '../acceptance/operations.ts';
import { foldAll } from '../reporting/folded.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { erase } from './erase.ts';
import { findEverywhere } from './find-everywhere.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const now = new Date('2026-06-10T12:00:00Z');
const [april, may] = [new Date('2026-04-01T00:00:00Z'), new Date('2026-05-01T00:00:00Z')];

describeOnEachDatabase('a person whose calls have left the ledger', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => void (gateway = await startTestGateway(kind, { clock: () => now, folding: false })));
  afterAll(() => gateway?.close());

  const leave = async (tenantId: string, horizon: Date) => {
    const em = () => gateway.database.orm.em.fork();
    await foldAll(gateway.database.orm);
    await keepSummaries(em(), operator, { tenantId: tenantId as TenantId, horizon, isKept: false }, now);
    while ((await forgetSome(em(), tenantId as TenantId)) > 0);
  };
  const record = async (tenantId: string) => {
    await gateway.ask(CreateTenant, { input: { id: tenantId, name: tenantId, timezone: 'Asia/Kolkata' } });
    const calls = Array.from({ length: 120 }, (_, no) => ({
      tenantId,
      requestId: `call-${no}`,
      occurredAt: new Date(Date.UTC(2026, 2, 1) + no * 19 * 3_600_000).toISOString(),
      userId: ['ada-lovelace', 'grace'][no % 2] ?? null,
      tags: { session: `session-of-${['ada', 'grace'][no % 2]}`, team: `team-${no % 3}` },
      inputTokens: no,
      outputTokens: 1,
      costUsd: '0.01',
    }));
    await gateway.ask(RecordBatch, { inputs: calls });
  };
  const markPersonal = async (tenantId: string) => {
    const { errors } = await gateway.send(
      `mutation { updateTenant(id: "${tenantId}", input: { personalTags: ["session"] }) { personalTags } }`,
    );
    expect(errors).toEqual([]);
  };
  const ask = (tenantId: string, fields: string) =>
    gateway.send<{ usage: { groups: { edges: { node: { values: { value: string | null }[] } }[] } } }, object>(
      `{ usage(tenantId: "${tenantId}", from: "2026-03-01T00:00:00Z", to: "2026-06-01T00:00:00Z", bucket: DAY, timezone: "UTC") { ${fields} } }`,
    );
  const sums = async (tenantId: string) => {
    const { data, errors } = await ask(
      tenantId,
      `totals { totalCalls inputTokens { total p95 } } buckets { stats { totalCalls totalCostUsd } }
       groups(by: [{ tag: "team" }]) { edges { node { values { value } stats { totalCalls totalTokens } } } }`,
    );
    expect(errors).toEqual([]);
    return data;
  };
  const bySession = (tenantId: string) =>
    ask(tenantId, 'groups(by: [{ tag: "session" }]) { edges { node { values { value } } } }');

  it('leaves no personal tag in what stays, and every sum as it was', async () => {
    const tenantId = 'marked-before';
    await record(tenantId);
    await markPersonal(tenantId);
    await leave(tenantId, april);
    expect((await bySession(tenantId)).errors).toMatchObject([{ extensions: { code: 'BEYOND_RETENTION' } }]);
    const before = await sums(tenantId);
    await erase(gateway, { tenantId, userId: 'ada-lovelace' });
    expect(await sums(tenantId)).toEqual(before);
    expect((await gateway.ask(Reconcile, { tenantId })).reconcile.differing).toBe(0);
  });

  it('goes from what stayed of a tag that is marked later', async () => {
    const tenantId = 'marked-later';
    await record(tenantId);
    await leave(tenantId, april);
    await leave(tenantId, may);
    const { data, errors } = await bySession(tenantId);
    expect(errors).toEqual([]);
    expect(data.usage.groups.edges.map(({ node }) => node.values[0]?.value).toSorted()).toEqual([
      'session-of-ada',
      'session-of-grace',
    ]);
    await markPersonal(tenantId);
    const before = await sums(tenantId);
    await erase(gateway, { tenantId, userId: 'ada-lovelace' });
    expect(await sums(tenantId)).toEqual(before);
    expect((await bySession(tenantId)).errors).toMatchObject([{ extensions: { code: 'BEYOND_RETENTION' } }]);
    for (const text of ['ada-lovelace', 'session-of-ada'])
      expect(await findEverywhere(gateway.database.orm, text)).toEqual([]);
    expect((await gateway.ask(Reconcile, { tenantId })).reconcile.differing).toBe(0);
  });
});
