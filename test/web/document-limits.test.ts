import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
    ['one field too many', `{ ${'viewer { role } '.repeat(5_001)} }`],
    ['fragments that multiply', avalanche],
    ['a million values', `{ usage(tenantId: [${'1 '.repeat(1_000_000)}]) { totals { totalCalls } } }`],
    ['nesting too deep to be parsed', nested(50_000)],
    ['nesting too deep to be validated', nested(1000)],
    ['fragments nested too deeply', chain(4000)],
    ['fragments in a circle', 'query { ...A } fragment A on Query { ...B } fragment B on Query { ...A }'],
  ])('with %s is refused', { timeout: 15_000 }, async (_name, query) => {
    const answer = await ask(gateway, query, {
      accept: 'application/graphql-response+json',
      ...bearer(superuserKey),
    });
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
    const ten = 'viewer { role subject scopes tenant { id name timezone } impersonation { id } }';
    const document = `{ ${numbered(999, (index) => `a${index}: ${ten}`)} ${ten} }`;
    const { data, errors } = await ask(gateway, document, bearer(superuserKey));
    expect(errors).toEqual([]);
    expect(Object.keys(data ?? {})).toHaveLength(1000);
  });

  it.each([
    [10_002, 10_000, 'fields', `{ ${'viewer { role } '.repeat(5_001)} }`],
    [31, 30, 'levels of fields', `${'{ a '.repeat(31)}${'}'.repeat(31)}`],
    [1001, 1000, 'aliases', `{ viewer { ${numbered(1001, (index) => `a${index}: role`)} } }`],
    [501, 500, 'directives', `{ viewer ${'@include(if: true) '.repeat(501)} { role } }`],
    [1001, 1000, 'root fields', `{ ${'viewer { role } '.repeat(1001)} }`],
    [1001, 1000, 'fields __typename', `{ viewer { ${'__typename '.repeat(1001)} } }`],
    [1001, 1000, 'variables', `query (${numbered(1001, (index) => `$v${index}: Int`)}) { viewer { role } }`],
  ])('with %d instead of at most %d %s is told so', async (count, most, what, query) => {
    const { errors } = await ask(gateway, query, bearer(superuserKey));
    expect(errors).toEqual([
      {
        message: `The document has ${count} ${what}; at most ${most} are allowed.`,
        extensions: { code: 'VALIDATION_ERROR' },
      },
    ]);
  });

  it('that is longer than a million characters is refused before it is parsed, and after 10,000 without a credential', async () => {
    const tooLong = (count: number) => `{ __typename } #${'x'.repeat(count)}\n{{{`;
    const known = await ask(gateway, tooLong(1_000_000), bearer(superuserKey));
    expect(known.errors.map(({ message }) => message)).toEqual([
      'The document has 1000020 characters; at most 1000000 are allowed. Send values as variables.',
    ]);
    const anonymous = await ask(gateway, tooLong(12_000));
    expect(anonymous.errors.map(({ message }) => message)).toEqual([
      'The document has 12020 characters; at most 10000 are allowed without a credential. Send values as variables.',
    ]);
  });

  it('with many mistakes gets ten errors', async () => {
    const mistakes = await ask(gateway, `{ ${numbered(300, (index) => `x${index}`)} }`, bearer(superuserKey));
    expect(mistakes.errors).toHaveLength(10);
  });

  it('of many lines is read without locating its errors in them', async () => {
    const { errors, text } = await ask(
      gateway,
      `{ ${'\n'.repeat(400_000)} ${numbered(120, (index) => `x${index}`)} }`,
      bearer(superuserKey),
    );
    expect(errors).toHaveLength(10);
    expect(text).not.toContain('locations');
  });
});
