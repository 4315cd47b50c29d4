import { randomUUID } from 'node:crypto';

const agents = 40;
const models = ['gpt-4o', 'gpt-4o-mini', 'claude-3-5-sonnet-20241022', 'gemini-2.5-flash'];
const providers = ['openai', 'openai', 'anthropic', 'google'];
const channels = ['web', 'api', 'slack'];

let no = 0;

/** A call as services send them: with a key and a time of its own, priced by the gateway. */
export function nextCall(): Record<string, unknown> {
  no++;
  return {
    requestId: randomUUID(),
    occurredAt: new Date().toISOString(),
    agentId: `agent-${no % agents}`,
    provider: providers[no % providers.length],
    model: models[no % models.length],
    operation: 'chat',
    channelId: channels[no % channels.length],
    userId: `user-${no % 1000}`,
    inputTokens: 500 + (no % 3000),
    outputTokens: 50 + (no % 700),
    durationMs: 200 + (no % 5000),
  };
}

export const singleBody = (): string =>
  JSON.stringify({
    query: 'mutation Record($input: RecordUsageInput!) { recordUsage(input: $input) { outcome event { requestId } } }',
    variables: { input: nextCall() },
  });

/** A service that is told of a rejected call may send the batch again to learn which: it doubles nothing. */
export const batchBody = (size: number): string =>
  JSON.stringify({
    query:
      'mutation Record($inputs: [RecordUsageInput!]!) { recordUsageBatch(inputs: $inputs) { recorded duplicates rejected } }',
    variables: { inputs: Array.from({ length: size }, nextCall) },
  });
