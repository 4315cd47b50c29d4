import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, superuserKey, type TestGateway } from '../support/gateway.ts';
import { ask, bearer, expectKnownErrors } from './requests.ts';

const totals = '{ totals { totalCalls } }';
const backwards = `usage(tenantId: "acme", from: "2026-04-02T00:00:00Z", to: "2026-04-01T00:00:00Z") ${totals}`;
const naive = `usage(tenantId: "acme", from: "2026-04-01T00:00:00") ${totals}`;
const nobody = `usage(tenantId: "nobody") ${totals}`;
const tooManyBuckets =
  'usage(tenantId: "acme", from: "2020-01-01T00:00:00Z", to: "2026-01-01T00:00:00Z", bucket: MINUTE) { buckets { ts } }';
const tooFewRows =
  'usage(tenantId: "acme") { totals { totalCalls } byAgent(first: 0) { agentId } byModel(first: 0) { model } }';

describeOnEachDatabase('several failing fields', (kind) => {
  let gateway: TestGateway;
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);

  beforeAll(async () => {
    gateway = await startTestGateway(kind);
    await gateway.send('mutation { createTenant(input: { id: "acme", name: "Acme" }) { id } }');
    process.on('unhandledRejection', note);
  });
  afterAll(async () => {
    process.off('unhandledRejection', note);
    await gateway.close();
  });

  it.each([
    ['two bad windows', [backwards, naive]],
    ['a bad window and too many buckets', [backwards, tooManyBuckets]],
    ['too many buckets beside an unknown tenant', [tooManyBuckets, nobody]],
    ['failures of loaders and of arguments', [nobody, tooFewRows, backwards, tooManyBuckets, naive]],
    [
      'a hundred of them',
      Array.from({ length: 20 }, () => [nobody, tooFewRows, backwards, tooManyBuckets, naive]).flat(),
    ],
  ])('are answered as errors of their fields: %s', async (_name, fields) => {
    const query = `{ ${fields.map((field, index) => `f${index}: ${field}`).join(' ')} }`;
    const answer = await ask(gateway, query, bearer(superuserKey));
    expectKnownErrors(answer);
    expect(answer.status).toBe(200);
    for (const { path, extensions } of answer.errors) {
      expect(path?.[0]).toMatch(/^f\d+$/);
      expect(['VALIDATION_ERROR', 'NOT_FOUND']).toContain(extensions.code);
    }
  });

  it('in a mutation leave the fields before them done', async () => {
    const record = (requestId: string, tokens: number) =>
      `${requestId}: recordUsage(input: { tenantId: "acme", requestId: "${requestId}", inputTokens: ${tokens}, outputTokens: 0 }) { outcome }`;
    const answer = await ask(
      gateway,
      `mutation { ${record('a', 1)} ${record('b', -1)} ${record('c', -1)} }`,
      bearer(superuserKey),
    );
    expect(answer.errors).toMatchObject([
      { path: ['b'], extensions: { code: 'VALIDATION_ERROR', field: 'inputTokens' } },
    ]);
    const { data } = await ask(gateway, `{ usage(tenantId: "acme") ${totals} }`, bearer(superuserKey));
    expect(data).toEqual({ usage: { totals: { totalCalls: 1 } } });
  });

  it('leave no rejection unhandled', async () => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(unhandled).toEqual([]);
  });
});
