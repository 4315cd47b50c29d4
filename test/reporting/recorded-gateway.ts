import type { DatabaseKind } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { CreateAgent, CreateTenant, RecordBatch, Void } from '../acceptance/operations.ts';
import { loadConfig } from '../../src/settings/config.ts';
import { fold } from '../../src/rollup/fold.service.ts';
import { optionalLevels, optionalOf, tagLevel } from '../../src/rollup/levels.ts';
import { giveLevels } from '../../src/rollup/weigh.service.ts';
import type { TenantId } from '../../src/values/identifier.ts';
import type { RecordedCall } from '../support/oracle.ts';
import { dayMs } from './intl-clock.ts';
import { agentNames, now, tenants } from './random-calls.ts';

/**
 * A gateway whose clock stands still, with the tenants and their agents, that folds only when it is told to. It may be asked
 * for more at once than people ask for.
 */
export async function startQuietGateway(kind: DatabaseKind): Promise<TestGateway> {
  const { reportLimits } = loadConfig({});
  const config = { reportLimits: { ...reportLimits, rows: 20 * reportLimits.rows } };
  const gateway = await startTestGateway(kind, { clock: () => new Date(now), folding: false, config });
  for (const { id, timezone } of tenants)
    await gateway.ask(CreateTenant, { input: { id, name: `Tenant ${id}`, timezone } });
  for (const [tenantId, agents] of agentNames)
    for (const [id, name] of agents) await gateway.ask(CreateAgent, { tenantId, input: { id, name } });
  return gateway;
}

/** The same with the calls, all sent over HTTP. */
export async function startRecordedGateway(kind: DatabaseKind, calls: readonly RecordedCall[]): Promise<TestGateway> {
  const gateway = await startQuietGateway(kind);
  const batchSize = 150;
  for (let sent = 0; sent < calls.length; sent += batchSize) {
    await recordAll(gateway, calls.slice(sent, sent + batchSize));
    // So that some calls are in summaries when others come, and some of those that are voided then as well.
    if (sent % (2 * batchSize) === 0) await fold(gateway.database.orm.em.fork(), batchSize);
  }
  await giveDifferentLevels(gateway);
  await recordAndVoid(
    gateway,
    calls.filter((_call, no) => no % callsPerVoid === 0),
  );
  return gateway;
}

/** All optional levels of summaries to the first tenant, every other one to the second, and so on. */
async function giveDifferentLevels({ database: { orm } }: TestGateway): Promise<void> {
  const possible = [...optionalLevels, ...optionalOf(['team', 'env', 'a.b-c'].map(tagLevel))];
  for (const [index, { id }] of tenants.entries()) {
    const levels = possible.filter((_level, no) => no % (index + 1) === 0).map(({ code }) => code);
    await giveLevels(orm.em.fork(), id as TenantId, async () => levels);
  }
}

/** Records up to 1,000 new calls in one request. */
export async function recordAll(gateway: TestGateway, calls: readonly RecordedCall[]): Promise<void> {
  const { recordUsageBatch } = await gateway.ask(RecordBatch, { inputs: calls.map(toInput) });
  const rejected = recordUsageBatch.results.find(({ outcome }) => outcome !== 'RECORDED');
  if (rejected) throw new Error(`A call was not recorded: ${JSON.stringify(rejected)}`);
}

const callsPerVoid = 15;

/** Calls that must not show anywhere, some of them before the first one that counts. */
async function recordAndVoid(gateway: TestGateway, calls: readonly RecordedCall[]): Promise<void> {
  for (const [no, call] of calls.entries()) {
    const requestId = `voided-${no}`;
    const occurredAt = call.occurredAt - (no % 3) * 400 * dayMs;
    await recordAll(gateway, [{ ...call, requestId, occurredAt }]);
    await gateway.ask(Void, { tenantId: call.tenantId, requestId, reason: 'must not count' });
  }
}

/** What a call does not say is left out, not sent as null. */
function toInput({ occurredAt, ...call }: RecordedCall) {
  const {
    agentId,
    provider,
    model,
    channelId,
    userId,
    botId,
    threadId,
    knowledgeBaseId,
    operation,
    serviceTier,
    durationMs,
    timeToFirstTokenMs,
    costUsd,
    ...rest
  } = call;
  const optional = {
    agentId,
    provider,
    model,
    channelId,
    userId,
    botId,
    threadId,
    knowledgeBaseId,
    operation,
    serviceTier,
    durationMs,
    timeToFirstTokenMs,
    costUsd,
  };
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== null));
  return { ...rest, ...given, occurredAt: new Date(occurredAt).toISOString() };
}
