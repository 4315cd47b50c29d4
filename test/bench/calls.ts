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

export const plainBody = (size: number): string => JSON.stringify(Array.from({ length: size }, nextCall));

export const eventsBody = (size: number): string =>
  JSON.stringify(
    Array.from({ length: size }, () => {
      const { requestId, occurredAt, ...data } = nextCall();
      return { specversion: '1.0', id: requestId, source: '/bench', type: 'call', time: occurredAt, data };
    }),
  );

/** As many chat spans of one trace. */
export function tracesBody(size: number): string {
  const traceId = randomUUID().replaceAll('-', '');
  const spans = Array.from({ length: size }, (_, at) => {
    const { provider, model, inputTokens, outputTokens } = nextCall();
    const started = BigInt(Date.now()) * 1_000_000n;
    return {
      traceId,
      spanId: (at + 1).toString(16).padStart(16, '0'),
      parentSpanId: 'f'.repeat(16),
      name: `chat ${String(model)}`,
      startTimeUnixNano: String(started),
      endTimeUnixNano: String(started + 1_500_000_000n),
      attributes: [
        { key: 'gen_ai.operation.name', value: { stringValue: 'chat' } },
        { key: 'gen_ai.provider.name', value: { stringValue: provider } },
        { key: 'gen_ai.request.model', value: { stringValue: model } },
        { key: 'gen_ai.usage.input_tokens', value: { intValue: String(inputTokens) } },
        { key: 'gen_ai.usage.output_tokens', value: { intValue: String(outputTokens) } },
      ],
    };
  });
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'bench' } }] };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'bench' }, spans }] }] });
}
