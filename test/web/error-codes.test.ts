import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, superuserKey, type TestGateway } from '../support/gateway.ts';
import { ask, bearer, expectKnownErrors } from './requests.ts';

describe('an error', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway('embedded');
    await ask(gateway, 'mutation { createTenant(input: { id: "acme", name: "Acme" }) { id } }', bearer(superuserKey));
  });
  afterAll(() => gateway.close());

  const asSuperuser = (query: string, variables = {}) =>
    ask(gateway, query, { accept: 'application/graphql-response+json', ...bearer(superuserKey) }, variables);

  it.each<[string, string, Record<string, unknown>, string | undefined]>([
    ['of syntax', '{ usage', {}, undefined],
    ['of an empty document', '', {}, undefined],
    ['of an unknown field', '{ nope }', {}, undefined],
    ['of an unknown argument', '{ tenant(id: "acme", nope: 1) { id } }', {}, undefined],
    ['of an unknown operation', 'query A { __typename } query B { __typename }', {}, undefined],
    ['of a subscription', 'subscription { nope }', {}, undefined],
    ['of a missing variable', 'query ($id: ID!) { tenant(id: $id) { id } }', {}, 'id'],
    ['of a variable', 'query ($n: Int) { tenants(first: $n) { edges { cursor } } }', { n: 'many' }, 'n'],
    ['of an enum', '{ usage(tenantId: "acme", bucket: YEAR) { totals { totalCalls } } }', {}, 'bucket'],
    ['of a number', '{ tenants(first: 1.5) { edges { cursor } } }', {}, 'first'],
  ])('%s is 400 and VALIDATION_ERROR', async (_name, query, variables, field) => {
    const answer = await asSuperuser(query, variables);
    expectKnownErrors(answer);
    expect(answer.status).toBe(400);
    expect(answer.data).toBeUndefined();
    const extensions = { code: 'VALIDATION_ERROR', ...(field === undefined ? {} : { field }) };
    expect(answer.errors[0]?.extensions).toEqual(extensions);
  });

  it.each([
    ['VALIDATION_ERROR', '{ usage { totals { totalCalls } } }', 'tenantId'],
    ['VALIDATION_ERROR', '{ usage(tenantId: "acme", from: "2026-04-01") { totals { totalCalls } } }', 'from'],
    ['NOT_FOUND', '{ tenant(id: "nobody") { id } }', undefined],
    ['VALIDATION_ERROR', 'mutation { createTenant(input: { id: "", name: "Empty" }) { id } }', 'id'],
  ])('of a resolver is 200 and %s: %s', async (code, query, field) => {
    const answer = await asSuperuser(query);
    expectKnownErrors(answer);
    expect(answer.status).toBe(200);
    expect(answer.errors).toMatchObject([{ path: [expect.any(String)], extensions: { code } }]);
    expect(answer.errors[0]?.extensions.field).toBe(field);
  });

  it('of request and conflict names its code in a mutation', async () => {
    const record = (tokens: number) =>
      asSuperuser(
        `mutation { recordUsage(input: { tenantId: "acme", requestId: "one", inputTokens: ${tokens}, outputTokens: 0 }) { outcome } }`,
      );
    await record(1);
    const answer = await record(2);
    expect(answer.errors).toMatchObject([{ extensions: { code: 'IDEMPOTENCY_CONFLICT', field: 'requestId' } }]);
    expectKnownErrors(answer);
  });
});
