import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../src/settings/config.ts';
import { CreateApiKey, CreateTenant, RevokeApiKey } from '../acceptance/operations.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, superuserKey, type TestGateway } from '../support/gateway.ts';
import { keepLog } from '../telemetry/kept-log.ts';
import { connectAgent } from './agent.ts';

const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
const callOf = (name: string, args: object = {}) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name, arguments: args },
});

interface RpcAnswer {
  status: number;
  headers: Headers;
  json: { result?: object; error?: { code: number; message: string; data?: { code: string; field?: string } } };
}

async function post(
  { url }: Pick<TestGateway, 'url'>,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<RpcAnswer> {
  const response = await fetch(`${url}/mcp`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: {
      authorization: `Bearer ${superuserKey}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
  });
  return { status: response.status, headers: response.headers, json: await response.json() };
}

function expectRefusal(answer: RpcAnswer, status: number, code: string): void {
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  expect(answer.json).toMatchObject({ jsonrpc: '2.0', id: null, error: { data: { code } } });
}

describeOnEachDatabase("agents' keys", (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway(kind);
    await gateway.ask(CreateTenant, { input: { id: 'acme', name: 'acme' } });
  });
  afterAll(() => gateway.close());

  it('are required, right and not revoked', async () => {
    const none = await post(gateway, list, { authorization: '' });
    expectRefusal(none, 401, 'UNAUTHENTICATED');
    expect(none.headers.get('www-authenticate')).toBe('Bearer');
    expectRefusal(await post(gateway, list, { authorization: 'Bearer wrong' }), 401, 'UNAUTHENTICATED');
    await expect(connectAgent(gateway, 'wrong')).rejects.toThrow(/UNAUTHENTICATED/);
    const { createApiKey } = await gateway.ask(CreateApiKey, {
      tenantId: 'acme',
      input: { name: 'k', scopes: ['USAGE_READ'] },
    });
    const agent = await connectAgent(gateway, createApiKey.secret);
    expect((await agent.call('list_calls')).isError).toBe(false);
    await gateway.ask(RevokeApiKey, { id: createApiKey.apiKey.id });
    // A key that was just used holds for a moment longer.
    await expect.poll(() => agent.call('list_calls').catch(String), { timeout: 10_000 }).toMatch(/UNAUTHENTICATED/);
    await agent.close();
  });

  it('may do as tools what they may do as queries', async () => {
    const input = { name: 'writer', scopes: ['USAGE_WRITE' as const] };
    const { createApiKey } = await gateway.ask(CreateApiKey, { tenantId: 'acme', input });
    const agent = await connectAgent(gateway, createApiKey.secret);
    for (const name of ['usage_report', 'list_calls', 'list_budgets'])
      expect(await agent.call(name)).toMatchObject({ isError: true, errors: [{ code: 'FORBIDDEN' }] });
    const call = { provider: 'openai', model: 'gpt-5', inputTokens: 10, outputTokens: 1 };
    expect(await agent.call('estimate_cost', { input: call })).toMatchObject({
      isError: false,
      data: { previewUsage: { outcome: 'RECORDED' } },
    });
    await agent.close();
  });
});

describe('POST /mcp', () => {
  const mebibyte = 1024 * 1024;
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway('embedded');
    await gateway.ask(CreateTenant, { input: { id: 'acme', name: 'acme' } });
  });
  afterAll(() => gateway.close());

  it('names its tools, which only read, and says what they take and answer', async () => {
    const agent = await connectAgent(gateway);
    const { tools } = await agent.client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      'usage_report',
      'usage_groups',
      'list_calls',
      'list_budgets',
      'estimate_cost',
    ]);
    for (const tool of tools) {
      expect(tool.annotations).toMatchObject({ readOnlyHint: true, destructiveHint: false });
      expect(tool.inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
      expect(tool.outputSchema).toMatchObject({ type: 'object', required: ['query', 'variables', 'data'] });
    }
    const [report, groups] = tools;
    expect(report?.description).toContain("One tenant's usage in the window [from, to).");
    expect(report?.inputSchema.properties?.['from']).toMatchObject({ type: 'string', format: 'date-time' });
    expect(report?.inputSchema.properties?.['bucket']).toMatchObject({ default: 'NONE' });
    expect(groups?.inputSchema.required).toEqual(['by']);
    await agent.close();
  });

  it('refuses what it cannot read', async () => {
    expectRefusal(await post(gateway, '{'), 400, 'VALIDATION_ERROR');
    expectRefusal(await post(gateway, [list, list]), 400, 'VALIDATION_ERROR');
    expectRefusal(await post(gateway, list, { 'content-type': 'text/plain' }), 415, 'VALIDATION_ERROR');
    expectRefusal(await post(gateway, ' '.repeat(4 * mebibyte + 1)), 413, 'VALIDATION_ERROR');
    expect((await post(gateway, { jsonrpc: '1.0' })).json.error?.code).toBe(-32_700);
    expect((await post(gateway, list, { 'mcp-protocol-version': '1999-01-01' })).status).toBe(400);
    expect((await post(gateway, callOf('drop_everything'))).json.error).toMatchObject({ code: -32_602 });
    expect((await post(gateway, { ...list, method: 'resources/list' })).json.error).toMatchObject({ code: -32_601 });
  });

  it.each(['GET', 'DELETE', 'PUT'])('has no sessions and no streams for %s', async (method) => {
    const response = await fetch(`${gateway.url}/mcp`, { method, headers: { accept: 'text/event-stream' } });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
    expect(await response.json()).toMatchObject({ error: { data: { code: 'VALIDATION_ERROR' } } });
  });

  it('refuses a caller before the body arrives', async () => {
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    const sent = request(`${gateway.url}/mcp`, { method: 'POST', headers: { 'content-length': 1000 } }, (response) => {
      resolve(response.statusCode);
      sent.destroy();
    });
    sent.on('error', reject).flushHeaders();
    expect(await promise).toBe(401);
  });

  it('bounds answers and documents as GraphQL does', async () => {
    const args = { tenantId: 'acme', from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z', bucket: 'MINUTE' };
    expect((await post(gateway, callOf('usage_report', args))).json.result).toMatchObject({
      isError: true,
      structuredContent: { data: null, errors: [{ code: expect.stringMatching(/QUERY_TOO_COSTLY|VALIDATION_ERROR/) }] },
    });
  });

  it('refuses whole numbers that would be rounded', async () => {
    const body = JSON.stringify(callOf('list_calls', { minDurationMs: 1 })).replace(':1}', ':9007199254740993}');
    expect((await post(gateway, body)).json.result).toMatchObject({
      isError: true,
      structuredContent: { errors: [{ code: 'VALIDATION_ERROR', field: 'minDurationMs' }] },
    });
  });
});

describe('POST /mcp beyond limits', () => {
  it('counts messages against the rate of the key', async () => {
    const gateway = await startTestGateway('embedded');
    onTestFinished(() => gateway.close());
    await gateway.ask(CreateTenant, { input: { id: 'acme', name: 'acme' } });
    const { createApiKey } = await gateway.ask(CreateApiKey, {
      tenantId: 'acme',
      input: { name: 'slow', scopes: ['USAGE_READ'], rateLimit: { requestsPerSecond: 0.1, callsPerSecond: 1 } },
    });
    const authorization = `Bearer ${createApiKey.secret}`;
    expect((await post(gateway, list, { authorization })).status).toBe(200);
    const refused = await post(gateway, list, { authorization });
    expectRefusal(refused, 429, 'RATE_LIMITED');
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    const query = await gateway.send('{ viewer { role } }', {}, createApiKey.secret);
    expect(query.errors[0]?.extensions.code).toBe('RATE_LIMITED');
  });

  it('takes turns with other requests of its tenant', async () => {
    const turns = { atOnce: 1, atOnceEach: 1, waitingEach: 1, waitMs: 60_000 };
    const gateway = await startTestGateway('embedded', {
      config: { requestLimits: { ...loadConfig({}).requestLimits, turns } },
    });
    onTestFinished(() => gateway.close());
    const slow = () => {
      const sent = request(`${gateway.url}/mcp`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${superuserKey}`,
          'content-type': 'application/json',
          'content-length': 1000,
        },
      });
      sent.on('error', () => {}).flushHeaders();
      return sent;
    };
    const held = [slow(), slow()];
    await sleep(500);
    const refused = await post(gateway, list);
    expectRefusal(refused, 503, 'OVERLOADED');
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    for (const one of held) one.destroy();
  });

  it('is logged by tool, with the codes of its errors', async () => {
    const kept = keepLog();
    const gateway = await startTestGateway('embedded', { config: { requestLogSample: 1 }, log: kept.log });
    onTestFinished(() => gateway.close());
    await post(gateway, list);
    await post(gateway, callOf('list_calls', { tenantId: 'nowhere' }));
    await post(gateway, list, { authorization: 'Bearer wrong' });
    expect(kept.requests()).toMatchObject([
      { kind: 'mcp', fields: ['/mcp'], caller: 'superuser', code: 'OK' },
      { kind: 'mcp', fields: ['list_calls'], caller: 'superuser', code: 'NOT_FOUND' },
      { kind: 'none', caller: 'unknown', code: 'UNAUTHENTICATED', status: 401 },
    ]);
  });
});

describe('POST /mcp from browsers', () => {
  const listed = 'https://agents.example';
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway('embedded', { config: { corsOrigins: [listed] } });
  });
  afterAll(() => gateway.close());

  it('is for pages of listed origins', async () => {
    const preflight = await fetch(`${gateway.url}/mcp`, {
      method: 'OPTIONS',
      headers: { origin: listed, 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(listed);
    const answer = await post(gateway, list, { origin: listed });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe(listed);
  });

  it.each(['https://evil.example', 'null', 'http://localhost.evil.example:4000'])(
    'is not for pages of %s',
    async (origin) => {
      expectRefusal(await post(gateway, list, { origin }), 403, 'FORBIDDEN');
    },
  );

  it('is for pages of this machine', async () => {
    for (const origin of ['http://localhost:6274', 'http://127.0.0.1:4000', 'http://[::1]:4000'])
      expect((await post(gateway, list, { origin })).status).toBe(200);
  });
});
