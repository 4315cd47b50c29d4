import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CreateApiKey } from '../acceptance/operations.ts';
import { startTestGateway, superuserKey, type TestGateway } from '../support/gateway.ts';
import { ask, bearer, expectKnownErrors, get, post } from './requests.ts';

const openPage = ({ url }: TestGateway, headers: Record<string, string> = {}) =>
  fetch(`${url}/graphql`, { headers: { accept: 'text/html', ...headers } });

/** Ways of asking about the schema, and documents whose validation would tell about it. */
const curious = [
  'query IntrospectionQuery { __schema { queryType { name } mutationType { name } types { ...T } } } fragment T on __Type { name }',
  '{ __schema { types { name } } }',
  '{ __type(name: "Query") { fields { name } } }',
  '{ __typename: __schema { queryType { name } } }',
  'query { harmless: __typename s: __schema { types { name } } }',
  'query { ... { __schema { types { name } } } }',
  'query { ... on Query { t: __type(name: "Tenant") { name } } }',
  'query { ...Harmless } fragment Harmless on Query { __schema { types { name } } }',
  '{ __typename @include(if: true) __schema @include(if: true) { types { name } } }',
  'query One { __typename } query Two { __schema { types { name } } }',
  '{ usag }',
  '{ usage { total } }',
  'mutation { recordUsag }',
  'mutation { recordUsage(input: {}) { outcome } }',
  '{ __typename ... on Tenan { id } }',
  'query ($input: RecordUsageInpu) { __typename }',
  'query ($bucket: Bucket! = YEAR) { __typename }',
  '{ __typename { ... on Tenan { id } } }',
  '{ __typename(tenant: 1) }',
  '{ __typename @deprecate }',
  'query @deprecate { __typename }',
  'fragment F on Tenan { id } query { __typename }',
  'type Query { a: Int }',
];

describe('in development', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway('embedded', { config: { environment: 'development', introspection: true } });
  });
  afterAll(() => gateway.close());

  it('the schema is open to anonymous callers', async () => {
    expect((await ask(gateway, getIntrospectionQuery())).data).toHaveProperty('__schema.types');
    expect((await ask(gateway, '{ __type(name: "Tenant") { name } }')).data).toEqual({ __type: { name: 'Tenant' } });
  });

  it('GraphiQL is open to anonymous callers', async () => {
    const page = await openPage(gateway);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await page.text()).toContain('Usage Gateway');
  });

  it('data is not', async () => {
    expect((await ask(gateway, '{ viewer { role } }')).status).toBe(401);
  });
});

describe('in production', () => {
  let gateway: TestGateway;
  let memberKey: string;
  beforeAll(async () => {
    gateway = await startTestGateway('embedded', { config: { environment: 'production', introspection: false } });
    await gateway.send('mutation { createTenant(input: { id: "acme", name: "Acme" }) { id } }');
    const input = { name: 'Member', role: 'TENANT_MEMBER' } as const;
    memberKey = (await gateway.ask(CreateApiKey, { tenantId: 'acme', input })).createApiKey.secret;
  });
  afterAll(() => gateway.close());

  it.each(curious)('an anonymous caller learns nothing from %s', async (query) => {
    for (const answer of [await ask(gateway, query), await get(gateway, { query })]) {
      expect(answer).toMatchObject({ status: 401, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
      expect(answer.errors).toHaveLength(1);
      expect(answer.data).toBeUndefined();
      expectKnownErrors(answer);
    }
  });

  it('an anonymous caller learns nothing from a document that was answered to another', async () => {
    const query = '{ __schema { queryType { name } } }';
    expect((await ask(gateway, query, bearer(memberKey))).status).toBe(200);
    expect((await ask(gateway, query)).status).toBe(401);
  });

  it.each([
    '{ __typename }',
    '{ a: __typename b: __typename }',
    'query Ping { __typename }',
    'mutation { __typename }',
  ])('an anonymous caller may send %s', async (query) => {
    expect(await ask(gateway, query)).toMatchObject({ status: 200, errors: [] });
  });

  it('an anonymous caller is told about syntax and no more', async () => {
    const answer = await post(gateway, JSON.stringify({ query: '{ usage(' }), {
      accept: 'application/graphql-response+json',
    });
    expect(answer).toMatchObject({ status: 400, errors: [{ extensions: { code: 'VALIDATION_ERROR' } }] });
  });

  it('an anonymous browser does not get GraphiQL', async () => {
    const page = await openPage(gateway, {});
    expect(page.status).toBe(401);
    expect(page.headers.get('content-security-policy')).toContain("connect-src 'self'");
    const text = await page.text();
    expect(text).toContain('href="/"');
    expect(text).not.toMatch(/graphiql|usageReport/i);
    const refused = await openPage(gateway, bearer('ugk_wrong'));
    expect(refused.status).toBe(401);
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  });

  it.each(['superuser', 'member'])('a %s gets the schema and GraphiQL, and no suggestions', async (caller) => {
    const headers = bearer(caller === 'superuser' ? superuserKey : memberKey);
    expect((await ask(gateway, getIntrospectionQuery(), headers)).data).toHaveProperty('__schema.types');
    const misspelled = 'query ($bucket: Bucket = DAYS) { usag usage(bucket: $bucket, timezon: "UTC") { total } }';
    const { errors } = await ask(gateway, misspelled, headers);
    expect(errors.length).toBeGreaterThan(2);
    expect(JSON.stringify(errors)).not.toContain('Did you mean');
    expect(await (await openPage(gateway, headers)).text()).toContain('Usage Gateway');
  });
});
