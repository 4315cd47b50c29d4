import type { DatabaseKind } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { CreateAgent, CreateTenant, RecordBatch } from '../acceptance/operations.ts';
import type { RecordedCall } from '../support/oracle.ts';
import { agentNames, now, tenants } from './random-calls.ts';

/** A gateway whose clock stands still, with the tenants, their agents and the calls, all sent over HTTP. */
export async function startRecordedGateway(kind: DatabaseKind, calls: readonly RecordedCall[]): Promise<TestGateway> {
  const gateway = await startTestGateway(kind, { clock: () => new Date(now) });
  for (const { id, timezone } of tenants)
    await gateway.ask(CreateTenant, { input: { id, name: `Tenant ${id}`, timezone } });
  for (const [tenantId, agents] of agentNames)
    for (const [id, name] of agents) await gateway.ask(CreateAgent, { tenantId, input: { id, name } });

  const batchSize = 150;
  for (let sent = 0; sent < calls.length; sent += batchSize) {
    const inputs = calls.slice(sent, sent + batchSize).map(toInput);
    const { recordUsageBatch } = await gateway.ask(RecordBatch, { inputs });
    const rejected = recordUsageBatch.results.find(({ outcome }) => outcome !== 'RECORDED');
    if (rejected) throw new Error(`A call was not recorded: ${JSON.stringify(rejected)}`);
  }
  return gateway;
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
    durationMs,
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
    durationMs,
    costUsd,
  };
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== null));
  return { ...rest, ...given, occurredAt: new Date(occurredAt).toISOString() };
}
