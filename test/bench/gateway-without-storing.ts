import { isObjectType } from 'graphql';
import { startGateway } from '../../src/main.ts';
import { loadConfig } from '../../src/settings/config.ts';
import type { Call } from '../../src/recording/call.entity.ts';
import { schema } from '../../src/schema.ts';

// The gateway as it is, but for what `recordUsage` does: nothing is checked, priced or stored. What it answers has the
// same shape. The difference to the real one is the price of recording.

const call: Partial<Call> = {
  tenantId: 'bench' as Call['tenantId'],
  requestId: 'r',
  occurredAt: new Date(),
  recordedAt: new Date(),
  provider: 'openai',
  model: 'gpt-4o',
  inputTokens: 1,
  outputTokens: 1,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  status: 'SUCCESS',
  costSource: 'UNPRICED',
  contentHash: Buffer.alloc(32),
};

const mutation = schema.getMutationType();
const field = isObjectType(mutation) ? mutation.getFields()['recordUsage'] : undefined;
if (!field) throw new Error('There is no mutation recordUsage.');
field.resolve = (_parent, { input }: { input: Partial<Call> }) => ({
  outcome: 'RECORDED',
  call: { ...call, ...input },
});

const gateway = await startGateway(loadConfig(process.env));
process.stdout.write(`Usage Gateway is ready at ${gateway.url}/graphql\n`);
process.once('SIGTERM', () => gateway.close());
