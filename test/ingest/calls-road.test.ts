import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { CreateApiKeyInput } from '../acceptance/gql/graphql.ts';
import { CreateApiKey, CreateTenant, Totals } from '../acceptance/operations.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { sendTo, type PlainAnswer } from './send-to.ts';

const mebibyte = 1024 * 1024;
const call = { provider: 'openai', model: 'gpt-5', inputTokens: 10, outputTokens: 5 };

function expectProblem(answer: PlainAnswer, status: number, code: string): void {
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(answer.json).toMatchObject({ type: 'about:blank', status, code });
  expect(answer.json.title).not.toBe('');
  expect(answer.json.detail).not.toBe('');
}

describeOnEachDatabase('POST /v1/calls', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway(kind);
  });
  afterAll(() => gateway.close());

  const send = (body: unknown, headers?: Record<string, string>) =>
    sendTo(gateway, '/v1/calls', typeof body === 'string' ? body : JSON.stringify(body), headers);
  const callsOf = async (tenantId: string) => (await gateway.ask(Totals, { tenantId })).usage.totals.totalCalls;

  it('records an object, which the next report counts', async () => {
    const headers = { 'x-tenant-id': 'object' };
    const answer = await send({ ...call, requestId: 'one', durationMs: 12.6, costUsd: 8e-6 }, headers);
    expect(answer.json).toEqual({
      recorded: 1,
      duplicates: 0,
      replaced: 0,
      rejected: 0,
      results: [{ outcome: 'RECORDED', requestId: 'one', error: null }],
    });
    const { usage } = await gateway.ask(Totals, { tenantId: 'object' });
    expect(usage.totals).toMatchObject({ totalCalls: 1, totalTokens: 15 });
  });

  it('answers each call of an array in the order given, and stores the good ones', async () => {
    const conflicting = { ...call, requestId: 'a', outputTokens: 6 };
    const calls = [
      { ...call, requestId: 'a' },
      { ...call, requestId: 'b', inputTokens: -1 },
      'nothing',
      { ...call, requestId: 'c', inputTokns: 5 },
      { ...call, requestId: 'a' },
      conflicting,
    ];
    const answer = await send(calls, { 'x-tenant-id': 'array' });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ recorded: 1, duplicates: 1, rejected: 4 });
    expect(answer.json.results).toMatchObject([
      { outcome: 'RECORDED', requestId: 'a', error: null },
      { outcome: 'REJECTED', requestId: 'b', error: { code: 'VALIDATION_ERROR', field: 'inputTokens' } },
      { outcome: 'REJECTED', requestId: null, error: { code: 'VALIDATION_ERROR', field: null } },
      { outcome: 'REJECTED', requestId: 'c', error: { code: 'VALIDATION_ERROR', field: 'inputTokns' } },
      { outcome: 'DUPLICATE', requestId: 'a', error: null },
      { outcome: 'REJECTED', requestId: 'a', error: { code: 'IDEMPOTENCY_CONFLICT', field: 'requestId' } },
    ]);
    expect(await callsOf('array')).toBe(1);
  });

  it('reads lines, of which a broken one rejects itself alone', async () => {
    const lines = `${JSON.stringify({ ...call, requestId: 'l1' })}\r\n\n{"broken\n${JSON.stringify({ ...call, requestId: 'l2' })}`;
    const answer = await send(lines, { 'x-tenant-id': 'lines', 'content-type': 'application/x-ndjson' });
    expect(answer.json).toMatchObject({ recorded: 2, rejected: 1 });
    expect(answer.json.results?.map(({ requestId }) => requestId)).toEqual(['l1', null, 'l2']);
  });

  it('reads gzip, up to the size that a plain body may have', async () => {
    const headers = { 'content-encoding': 'gzip', 'x-tenant-id': 'gzip' };
    const calls = Array.from({ length: 1000 }, (_, no) => ({ ...call, requestId: `g${no}` }));
    const answer = await sendTo(gateway, '/v1/calls', gzipSync(JSON.stringify(calls)), headers);
    expect(answer.json).toMatchObject({ recorded: 1000, rejected: 0 });
    const bomb = await sendTo(gateway, '/v1/calls', gzipSync(Buffer.alloc(64 * mebibyte, ' ')), headers);
    expectProblem(bomb, 413, 'VALIDATION_ERROR');
    const cut = await sendTo(gateway, '/v1/calls', gzipSync(JSON.stringify(calls)).subarray(0, 100), headers);
    expectProblem(cut, 400, 'VALIDATION_ERROR');
    const other = await send(call, { ...headers, 'content-encoding': 'br' });
    expectProblem(other, 415, 'VALIDATION_ERROR');
  });

  it('takes the tenant of a call before that of the header', async () => {
    const named = { ...call, tenantId: 'named', requestId: 'n' };
    expect((await send([named, { ...call, requestId: 'h' }], { 'x-tenant-id': 'header' })).json).toMatchObject({
      recorded: 2,
    });
    expect(await callsOf('named')).toBe(1);
    expect(await callsOf('header')).toBe(1);
  });
});

describe('POST /v1/calls', () => {
  let gateway: TestGateway;
  const secrets: Record<string, string> = {};
  beforeAll(async () => {
    gateway = await startTestGateway('embedded');
    await gateway.ask(CreateTenant, { input: { id: 'own', name: 'own' } });
    const keys: Record<string, Partial<CreateApiKeyInput>> = {
      writer: { scopes: ['USAGE_WRITE'] },
      reader: { scopes: ['USAGE_READ'] },
      slow: { scopes: ['USAGE_WRITE'], rateLimit: { callsPerSecond: 1, requestsPerSecond: 1000 } },
    };
    for (const [name, input] of Object.entries(keys)) {
      const { createApiKey } = await gateway.ask(CreateApiKey, { tenantId: 'own', input: { name, ...input } });
      secrets[name] = createApiKey.secret;
    }
  });
  afterAll(() => gateway.close());

  const as = (name: string, headers: Record<string, string> = {}) => ({
    authorization: `Bearer ${secrets[name]}`,
    ...headers,
  });
  const post = (body: BodyInit, headers: Record<string, string>, path = '/v1/calls') =>
    fetch(`${gateway.url}${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
  const answerOf = async (response: Response): Promise<PlainAnswer> => ({
    status: response.status,
    headers: response.headers,
    bytes: new Uint8Array(),
    json: await response.json(),
  });

  it('records for the tenant of a key without naming it', async () => {
    const answer = await answerOf(await post(JSON.stringify({ ...call, requestId: 'mine' }), as('writer')));
    expect(answer.json).toMatchObject({ recorded: 1 });
  });

  it('refuses whoever may not record, whatever the body', async () => {
    expectProblem(await answerOf(await post('{', {})), 401, 'UNAUTHENTICATED');
    expectProblem(await answerOf(await post('{', { authorization: 'Bearer nothing' })), 401, 'UNAUTHENTICATED');
    expectProblem(await answerOf(await post('{', as('reader'))), 403, 'FORBIDDEN');
    expectProblem(await answerOf(await post('{', as('writer', { 'x-tenant-id': 'foreign' }))), 403, 'FORBIDDEN');
  });

  it('rejects calls for other tenants one by one', async () => {
    const calls = [
      { ...call, tenantId: 'foreign' },
      { ...call, requestId: 'kept' },
    ];
    const answer = await answerOf(await post(JSON.stringify(calls), as('writer')));
    expect(answer.json).toMatchObject({ recorded: 1, rejected: 1, results: [{ error: { code: 'FORBIDDEN' } }, {}] });
  });

  it('refuses what it cannot read', async () => {
    expectProblem(await answerOf(await post('{', as('writer'))), 400, 'VALIDATION_ERROR');
    expectProblem(await answerOf(await post(new Uint8Array([0xff, 0xfe]), as('writer'))), 400, 'VALIDATION_ERROR');
    const text = await answerOf(await post('{}', as('writer', { 'content-type': 'text/plain' })));
    expectProblem(text, 415, 'VALIDATION_ERROR');
    const many = Array.from({ length: 1001 }, () => call);
    expectProblem(await answerOf(await post(JSON.stringify(many), as('writer'))), 400, 'VALIDATION_ERROR');
    const large = ' '.repeat(4 * mebibyte + 1);
    expectProblem(await answerOf(await post(large, as('writer'))), 413, 'VALIDATION_ERROR');
    const got = await fetch(`${gateway.url}/v1/calls`);
    expect(got.headers.get('allow')).toBe('POST');
    expectProblem(await answerOf(got), 405, 'VALIDATION_ERROR');
  });

  it('refuses calls beyond the rate of a key as a whole, with Retry-After', async () => {
    const full = Array.from({ length: 1000 }, (_, no) => ({ ...call, requestId: `r${no}` }));
    expect((await post(JSON.stringify(full), as('slow'))).status).toBe(200);
    const refused = await post(JSON.stringify(call), as('slow'));
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expectProblem(await answerOf(refused), 429, 'RATE_LIMITED');
  });
});

describe('POST /v1/calls from browsers', () => {
  it('is for pages of listed origins', async () => {
    const listed = 'https://dashboard.example';
    const gateway = await startTestGateway('embedded', { config: { corsOrigins: [listed] } });
    onTestFinished(() => gateway.close());
    const preflight = (origin: string) =>
      fetch(`${gateway.url}/v1/calls`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type',
        },
      });
    const allowed = await preflight(listed);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe(listed);
    expect(allowed.headers.get('access-control-allow-headers')).toBe('authorization,content-type');
    expect((await preflight('https://other.example')).headers.get('access-control-allow-origin')).toBeNull();
    const answer = await sendTo(gateway, '/v1/calls', JSON.stringify(call), { origin: listed });
    expect(answer).toMatchObject({ status: 200, json: { recorded: 1 } });
    expect(answer.headers.get('access-control-allow-origin')).toBe(listed);
    expect(answer.headers.get('vary')).toBe('Origin');
    const refused = await sendTo(gateway, '/v1/calls', '{', { origin: listed });
    expect(refused.headers.get('access-control-allow-origin')).toBe(listed);
  });
});
