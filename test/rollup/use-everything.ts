import { expect } from 'vitest';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  CreateAgent,
  CreateApiKey,
  CreateTenant,
  DeleteAgent,
  DeleteTenant,
  Reconcile,
  Record,
  RecordBatch,
  SetPrice,
  UpdateAgent,
  Void,
} from '../acceptance/operations.ts';
import { requestOf } from '../ingest/otlp-request.ts';
import { sendTo } from '../ingest/send-to.ts';
import { exported, imported } from '../transfer/export/exported.ts';
import { foldAll } from '../reporting/folded.ts';
import type { TestGateway } from '../support/gateway.ts';

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
  await moveToAnotherTenant(gateway);
  await gateway.ask(Reconcile);
  await gateway.ask(Reconcile, { tenantId: 'acme', first: 1 });
  await foldAll(orm);
  await rebuild(orm.em.fork(), acme);
  await leaveLedger(gateway);
  await administer(gateway);
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
    createBudget(tenantId: "acme", input: { name: "Calls", metric: CALLS, limit: "1", period: TOTAL }) { id }
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

async function administer(gateway: TestGateway): Promise<void> {
  const agent = { tenantId: 'acme', id: 'agent-0' };
  await gateway.ask(UpdateAgent, { ...agent, input: { budgetLimitUsd: '1' } });
  await gateway.ask(BudgetAlerts, { tenantId: 'acme' });
  const { errors } = await gateway.send(`{
    budgets(tenantId: "acme") { edges { node { states { edges { node { spent } } } } } }
    budgetEvents(tenantId: "acme") { edges { node { budget { id } } } } }`);
  expect(errors).toEqual([]);
  await gateway.ask(DeleteAgent, agent);
  await gateway.ask(CreateTenant, { input: { id: 'leaving', name: 'Leaving' } });
  await gateway.ask(DeleteTenant, { id: 'leaving' });
}

/** By export and import, which stores calls that are void already. */
async function moveToAnotherTenant({ database: { orm } }: TestGateway): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ugt-'));
  try {
    const bytes = await exported(orm, { tenant: 'acme', from: '2026-01-01T00:00:00Z', format: 'csv' });
    await exported(orm, { tenant: 'acme', format: 'ndjson', filter: ['channelId=unknown', 'status=SUCCESS'] });
    await imported(orm, folder, { bytes, tenant: 'moved', format: 'csv' });
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
