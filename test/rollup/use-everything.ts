import { expect } from 'vitest';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { forkForPlatform } from '../../src/database/session.ts';
import { forgetDeliveriesTask } from '../../src/notifications/forget-deliveries.task.ts';
import { readBacklog } from '../../src/notifications/delivery.repository.ts';
import { ReceiverAddresses } from '../../src/notifications/receiver-address.ts';
import { RefusedRecordings } from '../../src/notifications/refused-recordings.ts';
import { sendTask } from '../../src/notifications/send.task.ts';
import { watchTask } from '../../src/notifications/watch.task.ts';
import { forgetHoursTask } from '../../src/limits/forget-hours.task.ts';
import { forgetLinks } from '../../src/ingest/traces/span-link.repository.ts';
import type { TenantId } from '../../src/values/identifier.ts';
import { operator } from '../../src/caller/principal.ts';
import { countCallsBefore } from '../../src/retention/retention.repository.ts';
import { findDue, forgetSome, keepSummaries } from '../../src/retention/retention.service.ts';
import { listCallsOldestFirst } from '../../src/reporting/ledger.repository.ts';
import { optionalLevels, optionalOf, tagLevel } from '../../src/rollup/levels.ts';
import { rebuild } from '../../src/rollup/rebuild.service.ts';
import { giveLevels, weigh } from '../../src/rollup/weigh.service.ts';
import {
  BudgetAlerts,
  CloseStatement,
  CreateAgent,
  CreateApiKey,
  CreateTenant,
  DeleteAgent,
  DeleteTenant,
  Reconcile,
  Record,
  RecordBatch,
  SetPrice,
  StatementOf,
  UpdateAgent,
  UpdateTenant,
  Void,
} from '../acceptance/operations.ts';
import { requestOf } from '../ingest/otlp-request.ts';
import { sendTo } from '../ingest/send-to.ts';
import { exported, imported } from '../transfer/export/exported.ts';
import { listOf } from '../transfer/import/streams.ts';
import { foldAll } from '../reporting/folded.ts';
import { readCharges } from '../../src/transfer/focus/export-focus.ts';
import type { TestGateway } from '../support/gateway.ts';
import { subscribe } from '../support/subscription.ts';

const acme = 'acme' as TenantId;

const call = (no: number) => ({
  tenantId: no % 4 === 0 ? 'globex' : 'acme',
  requestId: `call-${no}`,
  occurredAt: new Date(Date.UTC(2026, no % 5, 1 + (no % 28), no % 24, no)).toISOString(),
  agentId: `agent-${no % 3}`,
  provider: `provider-${no % 2}`,
  model: `model-${no % 5}`,
  userId: `user-${no % 2}`,
  ...(no % 4 < 2 ? { tags: { team: `team-${no % 2}` } } : {}),
  inputTokens: no * 7,
  outputTokens: no,
  ...(no % 3 === 0 ? {} : { costUsd: `0.0${no}` }),
});
const calls = Array.from({ length: 60 }, (_, no) => call(no));

/** A trace in two pieces, the outer span first. */
async function recordTrace(gateway: TestGateway): Promise<void> {
  const attrs = { 'gen_ai.operation.name': 'chat', 'gen_ai.usage.input_tokens': 1 };
  const span = { name: 'chat', scope: 'x', attrs };
  const spans = [
    { ...span, id: '1', parent: '' },
    { ...span, id: '2', parent: '1' },
  ];
  for (const one of spans) await sendTo(gateway, '/v1/traces', JSON.stringify(requestOf([one], 'a'.repeat(32))));
  await forgetLinks(gateway.database.orm.em.fork(), acme, new Date(0));
}

/** Records, voids, imports, folds, reads, compares and rebuilds in every way that has SQL of its own. */
export async function useEverything(gateway: TestGateway): Promise<void> {
  const { orm } = gateway.database;
  await record(gateway);
  await recordTrace(gateway);
  await read(gateway);
  await foldAll(orm);
  await giveLevels(orm.em.fork(), acme, async () => []);
  await giveLevels(orm.em.fork(), acme, async () =>
    [...optionalLevels, ...optionalOf([tagLevel('team')])].map(({ code }) => code),
  );
  await weigh(orm.em.fork(), acme);
  for (const requestId of ['call-1', 'call-4', 'call-58'])
    await gateway.ask(Void, { tenantId: requestId === 'call-4' ? 'globex' : 'acme', requestId, reason: 'wrong' });
  await gateway.ask(RecordBatch, { inputs: [{ ...call(1), requestId: 'not folded yet' }] });
  await gateway.ask(RecordBatch, { inputs: [{ ...call(2), outputTokens: 1_000, replaces: true }] });
  await gateway.send('{ call(tenantId: "acme", requestId: "call-2") { costHistory { at } } }');
  const repriced = await gateway.send(
    'mutation { repriceUsage(tenantId: "acme", from: "2026-01-01T00:00:00Z", to: "2026-06-01T00:00:00Z", scope: ALL_BUT_CALLER, reason: "new", dryRun: false) { calls } }',
  );
  if (repriced.errors.length > 0) throw new Error(JSON.stringify(repriced.errors));
  await closeMonths(gateway);
  await moveToAnotherTenant(gateway);
  await gateway.ask(Reconcile);
  await gateway.ask(Reconcile, { tenantId: 'acme', first: 1 });
  await foldAll(orm);
  await rebuild(orm.em.fork(), acme);
  await notify(gateway);
  await follow(gateway);
  await leaveLedger(gateway);
  await administer(gateway);
  await erase(gateway);
}

/** Calls leave the ledger, and what stays of them is asked for; and what does not. */
async function leaveLedger(gateway: TestGateway): Promise<void> {
  const { orm } = gateway.database;
  const horizon = new Date('2026-03-01T00:00:00Z');
  const em = () => orm.em.fork();
  for (const tenantId of [acme, 'globex' as TenantId])
    await keepSummaries(em(), operator, { tenantId, horizon, isKept: false }, new Date());
  await forgetSome(em(), acme);
  const now = new Date();
  expect(await findDue(em(), undefined, undefined, now)).toHaveLength(1);
  await findDue(em(), [acme], 30, now);
  await countCallsBefore(em(), acme, horizon);
  const window = 'from: "2026-01-01T00:00:00Z", to: "2026-04-01T00:00:00Z"';
  for (const filter of filters)
    for (const document of [ofOne, ofAll, ofTwo, callList].flatMap((of) => [
      of(`${window} filters: ${filter}`),
      of(`filters: ${filter}`),
    ]))
      for (const { extensions } of (await gateway.send(document)).errors)
        expect(extensions.code).toBe('BEYOND_RETENTION');
  await gateway.send('{ tenants { edges { node { completeFrom } } } }');
  await gateway.ask(Reconcile);
  await weigh(em(), acme);
  await rebuild(em(), acme);
}

async function record(gateway: TestGateway): Promise<void> {
  await gateway.ask(CreateTenant, { input: { id: 'acme', name: 'Acme' } });
  for (const no of [0, 1])
    await gateway.ask(CreateAgent, { tenantId: 'acme', input: { id: `agent-${no}`, name: `Agent ${no}` } });
  await gateway.ask(SetPrice, {
    tenantId: 'acme',
    input: {
      provider: 'provider-0',
      model: 'model-0',
      effectiveFrom: '2026-01-01T00:00:00Z',
      inputUsdPerMillion: '1',
      outputUsdPerMillion: '2',
    },
  });
  const { errors } = await gateway.send(`mutation {
    createNotificationChannel(tenantId: "acme", input: { name: "C", kind: WEBHOOK, url: "https://127-0-0-1.invalid/", events: [
      BUDGET_THRESHOLD, SPEND_SPIKE, BUDGET_RESET, KEY_EXPIRING, KEY_REVOKED, UNPRICED_CALLS, RATE_LIMITED] }) { secret }
    createBudget(tenantId: "acme", input: { name: "Calls", metric: CALLS, limit: "1", period: TOTAL }) { id }
    spike: createBudget(tenantId: "acme", input: { name: "Spike", metric: CALLS, spike: { floor: "1" } }) { id }
    blocking: createBudget(tenantId: "acme", input: { name: "Cost", limit: "100", action: BLOCK }) { id }
    settled: reserveUsage(input: { tenantId: "acme", reservationId: "settled", costUsd: "1" }) { id }
    recordUsage(input: { tenantId: "acme", reservationId: "settled", costUsd: "1", inputTokens: 1 }) { outcome }
    released: reserveUsage(input: { tenantId: "acme", reservationId: "released", costUsd: "1" }) { id }
    releaseReservation(tenantId: "acme", id: "released") }`);
  expect(errors).toEqual([]);
  const [single, ...others] = calls;
  // The second time as duplicates.
  for (const _ of [1, 2]) {
    await gateway.ask(Record, { input: { ...single, tenantId: 'acme', inputTokens: 1, outputTokens: 1 } });
    await gateway.ask(RecordBatch, { inputs: others });
  }
  // A tenant that comes to be with its first call, and one whose own key records.
  await gateway.ask(Record, { input: { ...call(99), tenantId: 'initech' } });
  const { createApiKey } = await gateway.ask(CreateApiKey, {
    tenantId: 'acme',
    input: { name: 'service', scopes: ['USAGE_WRITE', 'USAGE_READ'] },
  });
  const { tenantId: _, ...own } = call(98);
  await gateway.ask(Record, { input: own }, createApiKey.secret);
}

/** With changes of closed months, which the next one that is closed takes over, and of one that is open. */
async function closeMonths(gateway: TestGateway): Promise<void> {
  const close = (month: string) => gateway.ask(CloseStatement, { tenantId: 'acme', month });
  await close('2026-01-01');
  await gateway.ask(RecordBatch, { inputs: [{ ...call(5), tenantId: 'acme', requestId: 'late' }] });
  await gateway.ask(Void, { tenantId: 'acme', requestId: 'late', reason: 'wrong' });
  await close('2026-02-01');
  for (const month of ['2026-01-01', '2026-02-01', '2026-12-01'])
    await gateway.ask(StatementOf, { tenantId: 'acme', month });
  await gateway.ask(UpdateTenant, { id: 'acme', input: { timezone: 'Asia/Tokyo' } });
  await gateway.ask(UpdateTenant, { id: 'acme', input: { timezone: 'UTC' } });
}

/** Tells of everything that has SQL of its own, and sends it nowhere. */
async function notify(gateway: TestGateway): Promise<void> {
  const { orm } = gateway.database;
  const clock = () => new Date();
  const refused = new RefusedRecordings(clock);
  refused.note({ kind: 'service', subject: 'key:x', tenantId: acme, scopes: [] }, 'Too many.');
  const { signal } = new AbortController();
  await watchTask(orm, clock, refused).step(signal);
  const config = { retriesMs: [], tryMs: 1, plainHttp: false, networks: [] };
  const parts = { clock, log: pino({ level: 'silent' }), config, addresses: new ReceiverAddresses([]) };
  const send = sendTask(orm, parts);
  while ((await send.step(signal)) === 'again');
  await forgetDeliveriesTask(orm, clock).step(signal);
  await readBacklog(forkForPlatform({ orm }));
  const { data, errors } = await gateway.send<{ notificationChannels: { id: string }[] }, object>(
    '{ notificationChannels(tenantId: "acme") { id } }',
  );
  expect(errors).toEqual([]);
  const [id] = data.notificationChannels.map((channel) => channel.id);
  const deliveries = await gateway.send<{ deliveries: { edges: { node: { id: string } }[] } }, object>(
    'query ($id: ID!) { deliveries(tenantId: "acme", channelId: $id) { edges { node { id } } } }',
    { id },
  );
  const [delivery] = deliveries.data.deliveries.edges;
  for (const field of [
    'resendDelivery(tenantId: "acme", id: $delivery) { id }',
    'testNotificationChannel(tenantId: "acme", id: $id) { id }',
    'rotateNotificationSecret(tenantId: "acme", id: $id) { secret }',
    'deleteNotificationChannel(tenantId: "acme", id: $id)',
  ]) {
    const variables = { id, delivery: delivery?.node.id };
    const document = field.includes('$delivery') ? `($delivery: ID!) { ${field} }` : `($id: ID!) { ${field} }`;
    expect((await gateway.send(`mutation ${document}`, variables)).errors).toEqual([]);
  }
}

async function administer(gateway: TestGateway): Promise<void> {
  const agent = { tenantId: 'acme', id: 'agent-0' };
  await gateway.ask(UpdateAgent, { ...agent, input: { budgetLimitUsd: '1' } });
  await gateway.ask(BudgetAlerts, { tenantId: 'acme' });
  const { errors } = await gateway.send(`{
    budgets(tenantId: "acme") { edges { node { states { edges { node { spent } } } } } }
    budgetEvents(tenantId: "acme") { edges { node { budget { id } } } } }`);
  expect(errors).toEqual([]);
  const later = new Date(Date.now() + 40 * 86_400_000);
  await forgetHoursTask(gateway.database.orm, () => later).step(new AbortController().signal);
  await gateway.ask(DeleteAgent, agent);
  await gateway.ask(CreateTenant, { input: { id: 'leaving', name: 'Leaving' } });
  await gateway.ask(DeleteTenant, { id: 'leaving' });
}

/** A user with every kind of summary, budget and text that names somebody. */
async function erase(gateway: TestGateway): Promise<void> {
  const { orm } = gateway.database;
  const { errors } = await gateway.send(`mutation {
    updateTenant(id: "acme", input: { personalTags: ["team"] }) { id }
    own: createBudget(tenantId: "acme", input: { name: "Own", limit: "1", scope: { userId: "user-1" } }) { id }
    users: createBudget(tenantId: "acme", input: { name: "Users", limit: "1", scope: { each: { dimension: USER } } }) { id }
    team: createBudget(tenantId: "acme", input: { name: "Team", limit: "1", scope: { tag: { name: "team", values: ["team-1"] } } }) { id }
    dry: eraseUser(tenantId: "acme", userId: "user-1", reason: "asked") { calls } }`);
  expect(errors).toEqual([]);
  await orm.em
    .fork()
    .execute(
      `insert into portal_user (id, subject, tenant_id, role, email) values ('one', 'user-1', 'acme', 'TENANT_MEMBER', 'one@example.com')`,
    );
  const all = [...optionalLevels, ...optionalOf([tagLevel('team')])].map(({ code }) => code);
  await giveLevels(orm.em.fork(), acme, async () => all);
  const erased = await gateway.send(
    'mutation { eraseUser(tenantId: "acme", userId: "user-1", reason: "asked", dryRun: false) { calls } }',
  );
  expect(erased.errors).toEqual([]);
}

/** By export and import, which stores calls that are void already. */
async function moveToAnotherTenant({ database: { orm } }: TestGateway): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ugt-'));
  try {
    const bytes = await exported(orm, { tenant: 'acme', from: '2026-01-01T00:00:00Z', format: 'csv' });
    await exported(orm, { tenant: 'acme', format: 'ndjson', filter: ['channelId=unknown', 'status=SUCCESS'] });
    await imported(orm, folder, { bytes, tenant: 'moved', format: 'csv' });
    const days = { from: undefined, to: new Date() };
    await listOf(readCharges(orm.em.fork(), days, [{ id: acme, name: 'Acme' }]));
  } finally {
    await rm(folder, { recursive: true });
  }
  const after = { occurredAt: new Date(Date.UTC(2026, 2)), requestId: 'call' };
  const window = { from: undefined, to: new Date() };
  await listCallsOldestFirst(orm.em.fork(), acme, window, { agentId: ['agent-1'] }, { first: 10, after });
}

const stats = 'totalCalls totalCostUsd callDurationMs { p50 } inputTokens { p95 } outputTokens { p99 }';
const breakdowns = `
  byAgent { agent { name usage { totalCalls } } stats { ${stats} } }
  byAgents: byAgent(orderBy: NAME_ASC, first: 2) { agentId }
  byProvider { provider stats { totalCalls } }`;
const moreBreakdowns = `
  byModel(orderBy: TOKENS_DESC) { provider model stats { ${stats} } }
  byChannel { channelId stats { totalCalls } }
  byUser { userId stats { ${stats} } }
  groups(by: [{ tag: "team" }]) { edges { node { values { value } stats { totalCalls } buckets { ts } } } }`;

const sinceFirst = '';
const months = 'from: "2026-01-01T00:00:00Z", to: "2026-05-01T00:00:00Z"';
const ragged = 'from: "2026-01-03T04:05:06Z", to: "2026-04-05T06:07:08Z"';
const minutes = 'from: "2026-01-03T04:05:06Z", to: "2026-01-03T04:55:06Z"';
const windows = [sinceFirst, months, ragged, minutes];
/** None, those that the detailed summaries know, and those that only calls do. */
const filters = [
  '{}',
  '{ agentId: ["agent-1"] }',
  '{ provider: ["provider-0", "provider-1"], model: ["model-1"], channelId: ["unknown"] }',
  '{ tags: [{ name: "team", values: ["team-1", ""] }] }',
  `{ status: SUCCESS, userId: ["user-1"], operation: ["chat"], botId: ["bot"], threadId: ["thread"],
     knowledgeBaseId: ["base"] }`,
];

async function read(gateway: TestGateway): Promise<void> {
  const asked = (windows: readonly string[]) =>
    windows.flatMap((window) => filters.map((filter) => `${window} filters: ${filter}`));
  for (const document of [
    ...asked(windows).flatMap((asked) => [ofOne(asked), callList(asked)]),
    ...asked([sinceFirst, ragged]).map(ofAll),
    ...asked([ragged]).map(ofTwo),
    ...lists,
  ]) {
    const { errors } = await gateway.send(document);
    if (errors.length > 0) throw new Error(`${document} was answered with ${JSON.stringify(errors)}`);
  }
}

/** Follows two tenants until there were updates of a report and an event. */
async function follow(gateway: TestGateway): Promise<void> {
  const updates = 'subscription { usageUpdates(tenantId: "acme", everyMs: 250) { totals { totalCalls } } }';
  const streams = await Promise.all([
    subscribe(gateway, updates),
    subscribe(gateway, updates.replace('acme', 'globex')),
    subscribe(gateway, 'subscription { budgetEvents(tenantId: "acme") { budget { name } } }'),
  ]);
  const [acmes, globexes, events] = streams;
  for (const stream of [acmes, globexes]) await stream.data();
  await gateway.send(`mutation {
    createBudget(tenantId: "acme", input: { name: "Live", metric: CALLS, period: DAY, limit: "1" }) { id }
    recordUsage(input: { tenantId: "acme", inputTokens: 1, outputTokens: 1 }) { outcome }
  }`);
  for (const stream of [acmes, events]) await stream.data();
  for (const stream of streams) stream.close();
}

const report = `{
  totals { ${stats} } buckets { ts stats { ${stats} } } ${breakdowns} ${moreBreakdowns} filtersApplied { from }
}`;

const ofOne = (asked: string) => `{ usage(tenantId: "acme", ${asked}) ${report} }`;

const ofAll = (asked: string) => `{
  allUsage(${asked}, bucket: DAY) {
    total { ${stats} } buckets { ts stats { ${stats} } }
    tenants(first: 2) { edges { node { tenant { name } stats { ${stats} } ${breakdowns} } } }
  }
}`;

/** The SQL of several report queries differs from that of one. */
const ofTwo = (asked: string) => `{
  acme: usage(tenantId: "acme", ${asked}) ${report}
  globex: usage(tenantId: "globex", ${asked.replace('"agent-1"', '"agent-2", "agent-0"')}) ${report}
}`;

const callList = (asked: string) =>
  `{ calls(tenantId: "acme", ${asked}) { edges { node { requestId tenant { name } } } } }`;

const lists = [
  '{ tags(tenantId: "acme", first: 1) { edges { cursor node { name lastSeenAt } } } tagValues(tenantId: "acme", name: "team") }',
  ...windows.map((window) => `{ usage(tenantId: "acme" ${window}) { totals { totalCalls } } }`),
  '{ tenant(id: "acme") { agents(first: 1) { edges { cursor node { name usage { totalCalls } } } } } }',
  '{ tenants { edges { node { agents { edges { node { name usage(from: "2026-01-01T00:00:00Z") { totalCalls } } } } } } } }',
  '{ a: agent(tenantId: "acme", id: "agent-0") { name usage { totalCalls } } b: agent(tenantId: "acme", id: "agent-1") { name } }',
  '{ agent(tenantId: "acme", id: "agent-0") { name } }',
];
