import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, superuserKey, type TestGateway } from '../support/gateway.ts';
import { postRaw } from './raw-request.ts';
import { ask, bearer, expectKnownErrors, get, post, readAnswer } from './requests.ts';

const typename = '{"query":"{ __typename }"}';
const record = 'mutation { recordUsage(input: { tenantId: "acme", inputTokens: 1, outputTokens: 1 }) { outcome } }';

describe('a request', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway('embedded');
  });
  afterAll(() => gateway.close());

  const form = new FormData();
  form.set('operations', typename);
  form.set('map', '{}');

  it.each<[string, BodyInit, Record<string, string>]>([
    ['multipart/form-data', form, {}],
    ['application/x-www-form-urlencoded', new URLSearchParams({ query: '{ __typename }' }), {}],
    ['text/plain', typename, { 'content-type': 'text/plain' }],
    ['text/plain with a parameter that looks like JSON', typename, { 'content-type': 'text/plain; application/json' }],
    ['a text/plain that is not spelled so', typename, { 'content-type': ' Text/Plain;charset=UTF-8' }],
    ['application/graphql', '{ __typename }', { 'content-type': 'application/graphql' }],
    ['no content type', new Blob([typename]), {}],
  ])('with %s is refused with 415', async (_name, body, headers) => {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      body,
      headers: { ...headers, ...bearer(superuserKey) },
    });
    const answer = await readAnswer(response);
    expect(answer).toMatchObject({ status: 415, errors: [{ extensions: { code: 'VALIDATION_ERROR' } }] });
    expectKnownErrors(answer);
  });

  it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON ;charset=UTF-8'])(
    'with %s is answered',
    async (type) => {
      expect(await post(gateway, typename, { 'content-type': type })).toMatchObject({ status: 200, errors: [] });
    },
  );

  it('with several operations in an array is refused with 400', async () => {
    const answer = await post(gateway, `[${typename},${typename}]`);
    expect(answer.status).toBe(400);
    expectKnownErrors(answer);
  });

  it.each([
    ['no JSON', '{"query":'],
    ['nothing', ''],
    ['null', 'null'],
    ['a string', '"{ __typename }"'],
    ['no UTF-8', new Uint8Array(Buffer.from('{"query":"{ __typename }","operationName":"\xe9"}', 'latin1'))],
    ['variables in an array', '{"query":"{ __typename }","variables":[]}'],
    ['a query that is no string', '{"query":{}}'],
    ['no query', '{}'],
    ['an unknown parameter', '{"query":"{ __typename }","surprise":1}'],
  ])('with %s as its body is refused with 400', async (_name, body) => {
    const answer = await post(gateway, body, { accept: 'application/graphql-response+json' });
    expect(answer).toMatchObject({ status: 400, errors: [{ extensions: { code: 'VALIDATION_ERROR' } }] });
    expectKnownErrors(answer);
  });

  it.each(['variables', 'extensions'])('by GET with %s that are no JSON is refused with 400', async (name) => {
    const answer = await get(gateway, { query: '{ __typename }', [name]: 'no JSON' });
    expect(answer).toMatchObject({ status: 400, errors: [{ extensions: { code: 'VALIDATION_ERROR' } }] });
    expectKnownErrors(answer);
  });

  it('by GET that is a mutation is refused with 405 and records nothing', async () => {
    const answer = await get(gateway, { query: record }, bearer(superuserKey));
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST');
    expectKnownErrors(answer);
    const { data } = await ask(gateway, '{ allUsage { total { totalCalls } } }', bearer(superuserKey));
    expect(data).toEqual({ allUsage: { total: { totalCalls: 0 } } });
  });

  it('by GET that is a query is answered', async () => {
    const { data } = await get(gateway, { query: '{ viewer { role } }' }, bearer(superuserKey));
    expect(data).toEqual({ viewer: { role: 'SUPERUSER' } });
  });

  it.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS'])('by %s is refused with 405', async (method) => {
    const answer = await readAnswer(await fetch(`${gateway.url}/graphql`, { method }));
    expect(answer.status).toBe(405);
    expectKnownErrors(answer);
  });

  it('for another path is refused with 404', async () => {
    const answer = await readAnswer(await fetch(`${gateway.url}/elsewhere`));
    expect(answer).toMatchObject({ status: 404, errors: [{ extensions: { code: 'NOT_FOUND' } }] });
  });

  it('that accepts neither of the media types is refused with 406', async () => {
    const answer = await post(gateway, typename, { accept: 'application/xml' });
    expect(answer.status).toBe(406);
    expectKnownErrors(answer);
  });

  it.each(['[', 'a b', 'host:port'])('with the malformed Host %j is refused with 400', async (host) => {
    const answer = await postRaw(gateway.url, [`Host: ${host}`, 'Content-Length: 0'], async () => undefined);
    expect(answer.status).toBe(400);
    expectKnownErrors(answer);
  });
});
