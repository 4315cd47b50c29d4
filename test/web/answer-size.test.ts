import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/settings/config.ts';
import { startTestGateway, superuserKey, type TestGateway } from '../support/gateway.ts';
import { ask, bearer } from './requests.ts';

const numbered = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');

describe('an answer', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway('embedded');
    const { errors } = await ask(
      gateway,
      `mutation { createTenant(input: { id: "acme", name: "Acme" }) { id } ${numbered(200, (index) => `a${index}: createAgent(tenantId: "acme", input: { id: "${index}", name: "Agent" }) { id }`)} }`,
      bearer(superuserKey),
    );
    expect(errors).toEqual([]);
  });
  afterAll(() => gateway.close());

  const send = (document: string) => ask(gateway, document, bearer(superuserKey));
  const week = 'tenantId: "acme", from: "2026-01-01T00:00:00Z", to: "2026-01-07T22:00:00Z"';

  it.each([
    [
      'buckets with many aliases',
      `{ usage(${week}, bucket: MINUTE) { buckets { ${numbered(999, (n) => `a${n}: ts`)} } } }`,
    ],
    [
      'buckets with many aliases in a fragment',
      `{ usage(${week}, bucket: MINUTE) { buckets { ...A ... on UsageBucket { ...A } } } } fragment A on UsageBucket { ${numbered(500, (n) => `a${n}: ts`)} }`,
    ],
    [
      'many reports with buckets',
      `{ ${numbered(60, (n) => `a${n}: usage(${week}, bucket: MINUTE) { buckets { ts end stats { totalCalls totalCostUsd } } }`)} }`,
    ],
    [
      'agents of agents',
      `{ ${numbered(300, (n) => `a${n}: tenant(id: "acme") { agents(first: 200) { edges { cursor node { ${numbered(30, (m) => `n${m}: name b${m}: budgetLimitUsd`).slice(0, 1000)} } } } }`).slice(0, 300_000)} }`.replace(
        /a(\d+): tenant/g,
        'x$1: tenant',
      ),
    ],
  ])('to %s is refused before it is made', async (_what, document) => {
    const { errors, text } = await send(document);
    expect(text.length).toBeLessThan(100_000);
    expect(errors[0]?.extensions.code).toMatch(/^(QUERY_TOO_COSTLY|VALIDATION_ERROR)$/);
  });

  it('names the estimate and the limit', async () => {
    const { errors } = await send(
      `{ usage(${week}, bucket: MINUTE) { buckets { ${numbered(999, (n) => `a${n}: ts`)} } } }`,
    );
    expect(errors).toMatchObject([
      {
        message: expect.stringMatching(
          /^The answer would have about \d{9} bytes; at most 33554432 are allowed\. Ask for fewer fields, aliases, buckets or rows\.$/,
        ),
        extensions: { code: 'QUERY_TOO_COSTLY' },
      },
    ]);
  });

  it('is estimated at about what it is', async () => {
    const size = await startTestGateway('embedded', {
      config: { reportLimits: { ...loadConfig({}).reportLimits, answerBytes: 1 } },
    });
    try {
      const document = `{ usage(tenantId: "acme", from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z", bucket: HOUR) { buckets { ts end localStart stats { totalCalls totalCostUsd inputTokens { total p95 } } } } }`;
      await ask(size, 'mutation { createTenant(input: { id: "acme", name: "Acme" }) { id } }', bearer(superuserKey));
      const { errors } = await ask(size, document, bearer(superuserKey));
      const estimate = Number(/about (\d+) bytes/.exec(errors[0]?.message ?? '')?.[1]);
      const { text } = await send(document);
      expect(estimate / text.length).toBeGreaterThan(0.7);
      expect(estimate / text.length).toBeLessThan(1.5);
    } finally {
      await size.close();
    }
  });

  it('with 10,000 buckets and every number, or a year of hours, is made', async () => {
    const stats = `totalCalls failedCalls errorRate totalCostUsd unpricedCalls totalTokens cachedInputTokens reasoningTokens
      callDurationMs { avg min max p5 p50 p95 p99 } inputTokens { total avg min max p5 p50 p95 p99 } outputTokens { total avg min max p5 p50 p95 p99 }`;
    for (const [to, bucket] of [
      ['2026-01-07T22:39:00Z', 'MINUTE'],
      ['2027-01-01T00:00:00Z', 'HOUR'],
    ]) {
      const document = `{ usage(tenantId: "acme", from: "2026-01-01T00:00:00Z", to: "${to}", bucket: ${bucket}) { buckets { ts end localStart stats { ${stats} } } } }`;
      expect((await send(document)).errors).toEqual([]);
    }
  });
});
