import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maxFields } from '../../src/web/use-document-limits.ts';
import { startTestGateway, superuserKey, type TestGateway } from '../support/gateway.ts';
import { ask, bearer, expectKnownErrors } from './requests.ts';

const nested = (depth: number) => `${'{ usage '.repeat(depth)}${'}'.repeat(depth)}`;
const numbered = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');
const chain = (length: number) =>
  `{ ...F0 } ${numbered(length, (index) => `fragment F${index} on Query { ...F${index + 1} }`)}`;

/** Twenty fragments, each of which spreads the next ten times. */
const avalanche = `{ ...F0 } ${numbered(20, (index) => `fragment F${index} on Query { ${`...F${index + 1} `.repeat(10)} }`)}`;

describe('a document', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway('embedded');
  });
  afterAll(() => gateway.close());

  it.each([
    ['4 MiB of the same field', `{ ${'__typename '.repeat(380_000)} }`],
    ['one field too many', `{ ${numbered(maxFields + 1, (index) => `a${index}: __typename`)} }`],
    ['fragments that multiply', avalanche],
    ['a million values', `{ usage(tenantId: [${'1 '.repeat(1_000_000)}]) { totals { totalCalls } } }`],
    ['nesting too deep to be parsed', nested(50_000)],
    ['nesting too deep to be validated', nested(1000)],
    ['fragments nested too deeply', chain(4000)],
    ['fragments in a circle', 'query { ...A } fragment A on Query { ...B } fragment B on Query { ...A }'],
  ])('with %s is refused', { timeout: 15_000 }, async (_name, query) => {
    const answer = await ask(gateway, query, { accept: 'application/graphql-response+json' });
    expect(answer.status).toBe(400);
    expect(answer.errors.map(({ extensions }) => extensions.code)).toContain('VALIDATION_ERROR');
    expectKnownErrors(answer);
  });

  it('with a thousand calls written into it is executed', async () => {
    const call = (index: number) => `{
      tenantId: "acme", requestId: "r${index}", provider: "openai", model: "gpt-5", operation: "chat", agentId: "bot",
      channelId: "web", userId: "u${index}", botId: "b", threadId: "t", knowledgeBaseId: "k", inputTokens: 12,
      outputTokens: 3, cachedInputTokens: 4, cacheWriteTokens: 1, reasoningTokens: 1, durationMs: 1840,
      status: SUCCESS, costUsd: "0.1", metadata: { region: "eu", retries: 2 }, occurredAt: "2026-04-01T00:00:00Z" }`;
    const query = `mutation { recordUsageBatch(inputs: [${numbered(1000, call)}]) { recorded } }`;
    const { data } = await ask(gateway, query, bearer(superuserKey));
    expect(data).toEqual({ recordUsageBatch: { recorded: 1000 } });
  });

  it('with the most fields is executed', async () => {
    const { data } = await ask(gateway, `{ ${numbered(maxFields, (index) => `a${index}: __typename`)} }`);
    expect(Object.keys(data ?? {})).toHaveLength(maxFields);
  });
});
