import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { foldAll } from '../reporting/folded.ts';
import { giveLevels } from '../../src/rollup/weigh.service.ts';
import { optionalLevels, optionalOf, tagLevel } from '../../src/rollup/levels.ts';
import type { TenantId } from '../../src/values/identifier.ts';
import { expectSummariesOfLedger } from '../rollup/expect-summaries.ts';
import { auditRows } from '../support/audit-rows.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { startTokenIssuer, type TokenIssuer } from '../support/token-issuer.ts';
import {
  CreateApiKey,
  CreateTenant,
  InviteUser,
  Reconcile,
  RecordBatch,
  StartImpersonation,
  Viewer,
  Void,
} from '../acceptance/operations.ts';
import { findEverywhere } from './find-everywhere.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const ada = 'ada-7f3';
const email = 'ada.lovelace@example.com';
const session = 'session-of-hers';
const now = new Date('2026-05-20T10:00:00Z');

const eraseDocument = `mutation ($tenantId: ID, $userId: String!, $reason: String!, $dryRun: Boolean!) {
  eraseUser(tenantId: $tenantId, userId: $userId, reason: $reason, dryRun: $dryRun) { at calls dryRun } }`;

interface Erased {
  eraseUser: { at: string; calls: number; dryRun: boolean };
}

describeOnEachDatabase('erasing a user', (kind) => {
  let gateway: TestGateway;
  let issuer: TokenIssuer;
  let adminKey: string;
  let account: string;

  const erase = (
    userId: string,
    options: { dryRun?: boolean; reason?: string; tenantId?: string; key?: string } = {},
  ) =>
    gateway.send<Erased, object>(
      eraseDocument,
      { tenantId: 'acme', userId, reason: `${email} (${ada}) asked for it`, dryRun: false, ...options },
      options.key ?? adminKey,
    );

  const call = (no: number, userId: string | null, more: object = {}) => ({
    tenantId: 'acme',
    requestId: `call-${no}`,
    occurredAt: new Date(now.getTime() - no * 7 * 3_600_000).toISOString(),
    agentId: `agent-${no % 2}`,
    model: `model-${no % 3}`,
    provider: 'north',
    userId,
    inputTokens: 100 + no * 13,
    outputTokens: no,
    durationMs: 100 * no,
    costUsd: `0.${String(no).padStart(3, '0')}`,
    tags: {
      team: 'search',
      ...(userId === ada ? { session: no % 2 ? session : 'shared' } : no % 4 ? {} : { session: 'shared' }),
    },
    ...(userId === ada ? { metadata: { mail: email } } : {}),
    ...more,
  });
  const record = (inputs: object[], key?: string) => gateway.ask(RecordBatch, { inputs: inputs as never }, key);
  const reconciled = async () => {
    const { reconcile } = await gateway.ask(Reconcile, { tenantId: 'acme' });
    const { data } = await gateway.send<{ reconcile: { budgets: object[] } }, object>(
      '{ reconcile(tenantId: "acme") { budgets { budgetId value stored expected } } }',
    );
    return { differing: reconcile.differing, budgets: data.reconcile.budgets };
  };

  beforeAll(async () => {
    issuer = await startTokenIssuer();
    gateway = await startTestGateway(kind, { clock: () => now, folding: false, config: { jwt: issuer.jwt } });
    for (const id of ['acme', 'globex'])
      await gateway.ask(CreateTenant, { input: { id, name: id, timezone: 'Europe/Berlin' } });
    const { createApiKey } = await gateway.ask(CreateApiKey, {
      tenantId: 'acme',
      input: { name: 'Admin', role: 'TENANT_ADMIN' },
    });
    adminKey = createApiKey.secret;
    await gateway.ask(CreateApiKey, {
      tenantId: 'acme',
      input: { name: `Laptop of ${email}`, role: 'TENANT_MEMBER' },
    });
    const { errors } = await gateway.send(`mutation {
      updateTenant(id: "acme", input: { personalTags: ["session"] }) { personalTags } }`);
    expect(errors).toEqual([]);
    await gateway.ask(InviteUser, { tenantId: 'acme', email, role: 'TENANT_ADMIN' });
    const token = await issuer.sign({ sub: ada, email, email_verified: true, name: 'Ada' }, { now });
    const { viewer } = await gateway.ask(Viewer, {}, token);
    account = viewer.subject?.replace('user:', '') ?? '';
    await gateway.ask(InviteUser, { tenantId: 'acme', email: 'other@example.com', role: 'TENANT_MEMBER' }, token);
    await gateway.ask(StartImpersonation, { tenantId: 'acme', reason: `for ${email}`, minutes: 5 });
    const budgets = await gateway.send(
      `mutation {
        channel: createNotificationChannel(input: { name: "For ${email}", kind: WEBHOOK, url: "https://127-0-0-1.invalid/",
          events: [BUDGET_THRESHOLD] }) { secret }
        own: createBudget(input: { name: "Of ${ada}", scope: { userId: "${ada}" }, limit: "1" }) { id }
        users: createBudget(input: { name: "Each", scope: { each: { dimension: USER } }, limit: "0.1" }) { id }
        sessions: createBudget(input: { name: "Sessions", scope: { each: { tag: "session" } }, limit: "0.1" }) { id }
        some: createBudget(input: { name: "Some", scope: { tag: { name: "session", values: ["${session}", "shared"] } }, limit: "0.1", action: BLOCK }) { id }
        both: createBudget(input: { name: "Both", scope: { tag: { name: "session", values: ["shared"] }, each: { dimension: USER } }, metric: CALLS, limit: "3", period: TOTAL }) { id }
        recorders: createBudget(input: { name: "Recorders", scope: { each: { dimension: RECORDED_BY } }, metric: CALLS, limit: "3" }) { id }
        recorder: createBudget(input: { name: "Recorder", scope: { recordedBy: "user:${account}" }, metric: CALLS, limit: "3" }) { id }
        reserveUsage(input: { reservationId: "held", userId: "${ada}", tags: { session: "${session}" }, costUsd: "0.001" }) { id }
      }`,
      {},
      token,
    );
    expect(budgets.errors).toEqual([]);
    const users = [ada, 'ben', null, ada, 'zoë'];
    const calls = Array.from({ length: 60 }, (_, no) => call(no, users[no % 5] ?? null));
    await record(calls.slice(0, 30));
    await record([{ ...call(90, 'ben'), tenantId: 'acme' }], token);
    await foldAll(gateway.database.orm);
    await giveLevels(gateway.database.orm.em.fork(), 'acme' as TenantId, async () =>
      [...optionalLevels, ...optionalOf(['team', 'session'].map(tagLevel))].map(({ code }) => code),
    );
    await record(calls.slice(30, 50));
    await foldAll(gateway.database.orm);
    // Voided, replaced, repriced and not folded.
    await gateway.ask(Void, { tenantId: 'acme', requestId: 'call-3', reason: `${ada} was charged twice` }, token);
    await gateway.ask(Void, { tenantId: 'acme', requestId: 'call-1', reason: `not for ${email}.` });
    await record([{ ...call(5, ada), outputTokens: 1_000, replaces: true }]);
    await record([{ ...call(6, 'ben'), outputTokens: 1_000, userId: ada, replaces: true }]);
    await record(calls.slice(50));
    await record([{ ...call(1, ada), tenantId: 'globex' }]);
    const repriced = await gateway.send(`mutation {
      repriceUsage(tenantId: "acme", from: "2026-01-01T00:00:00Z", to: "2026-06-01T00:00:00Z", scope: UNPRICED,
        filters: { userId: ["${ada}"], tags: [{ name: "session", values: ["${session}"] }] },
        reason: "as agreed with ${ada}", dryRun: false) { calls } }`);
    expect(repriced.errors).toEqual([]);
    await expectSummariesOfLedger(gateway.database.orm);
    expect(await reconciled()).toEqual({ differing: 0, budgets: [] });
  });
  afterAll(async () => {
    await gateway?.close();
    await issuer?.close();
  });

  const reportOf = async (tenantId = 'acme') => {
    const { data, errors } = await gateway.send<object, object>(
      `query ($tenantId: ID) {
        usage(tenantId: $tenantId, bucket: DAY) {
          totals { ...Stats } buckets { ts stats { ...Stats } }
          byAgent { agentId stats { ...Stats } }
          byModel { model stats { ...Stats } }
          groups(by: [{ dimension: MODEL }, { tag: "team" }], first: 100) {
            groupCount edges { node { values { value label } stats { ...Stats } buckets { ts stats { totalCostUsd } } } } }
        }
        others: usage(tenantId: $tenantId, filters: { userId: ["ben", ""] }) { totals { ...Stats } byUser { userId stats { ...Stats } } }
      }
      fragment Stats on UsageStats {
        totalCalls failedCalls totalCostUsd unpricedCalls cost { unsplitUsd }
        callDurationMs { avg min max p5 p50 p95 p99 } inputTokens { total min max p5 p50 p95 p99 }
        outputTokens { total min max p50 p99 } cachedInputTokens }`,
      { tenantId },
    );
    expect(errors).toEqual([]);
    return data;
  };

  it('counts calls first, and changes nothing', async () => {
    const before = await findEverywhere(gateway.database.orm, ada);
    const { data, errors } = await erase(ada, { dryRun: true, reason: '' });
    expect(errors).toEqual([]);
    expect(data.eraseUser).toEqual({ at: now.toISOString(), calls: 25, dryRun: true });
    expect(await findEverywhere(gateway.database.orm, ada)).toEqual(before);
  });

  it('needs a reason', async () => {
    const { errors } = await erase(ada, { reason: ' ' });
    expect(errors).toMatchObject([{ extensions: { code: 'VALIDATION_ERROR', field: 'reason' } }]);
  });

  it('is for others than oneself', async () => {
    const token = await issuer.sign({ sub: ada, email, email_verified: true, name: 'Ada' }, { now });
    const { errors } = await erase(ada, { key: token });
    expect(errors).toMatchObject([{ extensions: { code: 'VALIDATION_ERROR', field: 'userId' } }]);
  });

  it('leaves every sum as it was, and nothing that tells of the person', async () => {
    const { orm } = gateway.database;
    const [before, ofGlobex] = [await reportOf(), await reportOf('globex')];
    expect(await findEverywhere(orm, ada)).toContain('user_summary');
    const { data, errors } = await erase(ada);
    expect(errors).toEqual([]);
    expect(data.eraseUser).toEqual({ at: now.toISOString(), calls: 25, dryRun: false });
    expect(await reportOf()).toEqual(before);
    expect(await reportOf('globex')).toEqual(ofGlobex);
    await expectSummariesOfLedger(orm);
    expect(await reconciled()).toEqual({ differing: 0, budgets: [] });
    await gateway.send('mutation { voidUsage(tenantId: "globex", requestId: "call-1", reason: "x") { requestId } }');
    for (const name of [email, account])
      expect([name, await findEverywhere(orm, name)]).toEqual([name, name === email ? ['usage_call'] : []]);
    const left = await orm.em
      .fork()
      .execute(
        `select distinct tenant_id from usage_call where strpos(usage_call::text, ?) > 0 or strpos(usage_call::text, ?) > 0`,
        [ada, email],
      );
    expect(left).toEqual([{ tenant_id: 'globex' }]);
    expect(await findEverywhere(orm, session)).toEqual(['usage_call']);
    expect((await findEverywhere(orm, ada)).filter((table) => table !== 'usage_call')).toEqual([]);
    await foldAll(orm);
    await expectSummariesOfLedger(orm);
    expect(await reportOf()).toEqual(before);
  });

  it('writes down what was done, under a pseudonym alone', async () => {
    const rows = await auditRows(gateway);
    const erasure = rows.find(({ action }) => action === 'user.erase');
    expect(erasure).toMatchObject({
      target: expect.stringMatching(/^erased_[0-9a-f]{16}$/),
      details: { calls: 25, reason: `${erasure?.target} (${erasure?.target}) asked for it` },
    });
    const pseudonym = erasure?.target ?? '';
    const by = (action: string) => rows.filter((row) => row.action === action);
    expect(by('usage.void')).toMatchObject([
      { actor: `user:${pseudonym}`, target: 'call-3', details: { reason: `${pseudonym} was charged twice` } },
      { target: 'call-1', details: { reason: `not for ${pseudonym}.` } },
      { target: 'call-1' },
    ]);
    expect(by('usage.reprice')[0]?.details).toMatchObject({
      filters: { userId: [pseudonym], 'tag:session': [pseudonym] },
      reason: `as agreed with ${pseudonym}`,
    });
    expect(by('invitation.create').map(({ details }) => details['email'])).toEqual([pseudonym, 'other@example.com']);
    expect(by('budget.create')[0]).toMatchObject({
      actor: `user:${pseudonym}`,
      details: { name: `Of ${pseudonym}`, scope: `userId: ${pseudonym}`, limit: '1' },
    });
  });
});
