import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { otlpCases } from './otlp-cases.ts';
import { decodedResponse, encoded, listAttribute, requestOf, type CaseSpan, type OtlpCase } from './otlp-request.ts';
import { sendTo } from './send-to.ts';
import { storedCalls, type StoredCall } from './stored-calls.ts';

const protobuf = 'application/x-protobuf';
const newTraceId = () => randomBytes(16).toString('hex');
let tenants = 0;
const newTenant = () => `tenant${++tenants}`;

const sumOf = (calls: readonly StoredCall[]): OtlpCase['expect'] => {
  const sum = (field: 'inputTokens' | 'outputTokens' | 'cachedInputTokens' | 'cacheWriteTokens') =>
    calls.reduce((all, call) => all + call[field], 0);
  return {
    calls: calls.length,
    input: sum('inputTokens'),
    output: sum('outputTokens'),
    cached: sum('cachedInputTokens'),
    cacheWrite: sum('cacheWriteTokens'),
  };
};

const counted = async (gateway: TestGateway, tenant: string) =>
  sumOf((await storedCalls(gateway, tenant)).filter(({ voidedAt }) => voidedAt === null));

const sendJson = (gateway: TestGateway, tenant: string, request: object) =>
  sendTo(gateway, '/v1/traces', JSON.stringify(request), { 'x-tenant-id': tenant });

const sendProtobuf = (gateway: TestGateway, tenant: string, bytes: Uint8Array<ArrayBuffer>, headers = {}) =>
  sendTo(gateway, '/v1/traces', bytes, { 'x-tenant-id': tenant, 'content-type': protobuf, ...headers });

/** All orders of up to four things; of more of them some. */
function ordersOf<T>(things: readonly T[]): T[][] {
  if (things.length > 4) return [[...things], things.toReversed()];
  if (things.length <= 1) return [[...things]];
  return things.flatMap((first, at) => ordersOf(things.toSpliced(at, 1)).map((rest) => [first, ...rest]));
}

describe('POST /v1/traces', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway('embedded');
  });
  afterAll(() => gateway.close());

  it.each(otlpCases)('$kind: $what', async ({ spans, expect: expected }) => {
    const request = requestOf(spans, newTraceId());
    const [json, binary] = [newTenant(), newTenant()];
    expect(await sendJson(gateway, json, request)).toMatchObject({ status: 200, json: {} });
    expect(await counted(gateway, json)).toMatchObject(expected);
    const packed = gzipSync(encoded(request));
    const answer = await sendProtobuf(gateway, binary, packed, { 'content-encoding': 'gzip' });
    expect(answer.headers.get('content-type')).toBe(protobuf);
    expect(decodedResponse(answer.bytes)).toEqual({});
    expect(await counted(gateway, binary)).toEqual(await counted(gateway, json));
    // Once more counts nothing.
    await sendProtobuf(gateway, json, encoded(request));
    expect(await counted(gateway, json)).toMatchObject(expected);
  });

  it.each(otlpCases.filter(({ spans }) => spans.length > 1))('in pieces, in any order: $what', async (one) => {
    for (const order of ordersOf(one.spans)) {
      const tenant = newTenant();
      const traceId = newTraceId();
      for (const span of order) await sendJson(gateway, tenant, requestOf([span], traceId));
      expect(await counted(gateway, tenant)).toMatchObject(one.expect);
      await sendJson(gateway, tenant, requestOf(one.spans, traceId));
      expect(await counted(gateway, tenant)).toMatchObject(one.expect);
    }
  });

  const call: CaseSpan = {
    id: 'abc',
    parent: '',
    name: 'chat gpt-5.1',
    scope: 'x',
    startMs: Date.parse('2026-04-15T12:00:00.250Z'),
    endMs: Date.parse('2026-04-15T12:00:01.750Z'),
    attrs: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-5.1',
      'gen_ai.response.model': 'gpt-5.1-2026-01-01',
      'gen_ai.conversation.id': 'thread',
      'gen_ai.agent.name': 'helper',
      'user.id': 'u1',
      'gen_ai.response.time_to_first_chunk': 0.25,
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.usage.output_tokens': 5,
    },
  };

  it('reads what else a span says, and tags of its resource', async () => {
    const tenant = newTenant();
    const traceId = newTraceId();
    const resource = {
      'service.name': 'shop',
      'deployment.environment': 'production',
      'Cost Center': 7,
      'host.name': 'h1',
      'telemetry.sdk.name': 'otel',
    };
    const failed: CaseSpan = { ...call, id: 'abd', status: 2 };
    await sendJson(gateway, tenant, requestOf([call, failed], traceId.toUpperCase(), resource));
    const [first, second] = (await storedCalls(gateway, tenant)).toSorted((a, b) =>
      a.requestId < b.requestId ? -1 : 1,
    );
    expect(first).toMatchObject({
      requestId: `otel:${traceId}:0000000000000abc`,
      occurredAt: '2026-04-15T12:00:00.250Z',
      provider: 'openai',
      model: 'gpt-5.1-2026-01-01',
      operation: 'chat',
      agentId: 'helper',
      userId: 'u1',
      threadId: 'thread',
      durationMs: 1500,
      timeToFirstTokenMs: 250,
      status: 'SUCCESS',
      tags: { 'service.name': 'shop', 'deployment.environment.name': 'production', cost_center: '7' },
    });
    expect(second).toMatchObject({ status: 'FAILED' });
  });

  it('tells of spans that looked like calls and could not be read, and records the others', async () => {
    const tenant = newTenant();
    const wrong: CaseSpan = { ...call, id: '2', attrs: { ...call.attrs, 'gen_ai.usage.input_tokens': 'many' } };
    const late: CaseSpan = { ...call, id: '3', startMs: Date.now() + 3_600_000, endMs: Date.now() + 3_600_000 };
    const request = requestOf([call, wrong, late], newTraceId());
    const { json } = await sendJson(gateway, tenant, request);
    expect(json.partialSuccess).toEqual({
      rejectedSpans: '2',
      errorMessage: expect.stringMatching(/'gen_ai.usage.input_tokens' must.*5 minutes/),
    });
    const { bytes } = await sendProtobuf(gateway, newTenant(), encoded(request));
    expect(decodedResponse(bytes)).toMatchObject({ partialSuccess: { rejectedSpans: 2 } });
    expect(await counted(gateway, tenant)).toMatchObject({ calls: 1 });
  });

  it('passes over attributes that are lists, in both forms', async () => {
    const request = requestOf([call], newTraceId());
    const [span] = request.resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
    span?.attributes.push(listAttribute('gen_ai.response.finish_reasons', ['stop']) as never);
    const tenant = newTenant();
    await sendProtobuf(gateway, tenant, encoded(request));
    await sendJson(gateway, tenant, request);
    expect(await counted(gateway, tenant)).toMatchObject({ calls: 1 });
  });

  it('records more than 1,000 spans of one request', async () => {
    const tenant = newTenant();
    const spans = Array.from({ length: 1500 }, (_, no) => ({ ...call, id: String(no + 1) }));
    expect(await sendProtobuf(gateway, tenant, encoded(requestOf(spans, newTraceId())))).toMatchObject({ status: 200 });
    const request = requestOf([...spans, { ...call, id: '5000' }], newTraceId());
    expect(request.resourceSpans[0]?.scopeSpans).toHaveLength(1501);
    expect((await counted(gateway, tenant)).calls).toBe(1000);
  });

  it('refuses what is no request, and a superuser who names no tenant', async () => {
    const headers = { 'content-type': protobuf };
    const noise = await sendTo(gateway, '/v1/traces', new Uint8Array([255, 255, 1]), headers);
    expect(noise).toMatchObject({ status: 400, json: { code: 'VALIDATION_ERROR' } });
    expect(await sendTo(gateway, '/v1/traces', '[]')).toMatchObject({ status: 400 });
    const unnamed = await fetch(`${gateway.url}/v1/traces`, {
      method: 'POST',
      body: '{}',
      headers: {
        'content-type': 'application/json',
        authorization: 'Bearer superuser-key-for-tests-only-0123456789',
      },
    });
    expect(await unnamed.json()).toMatchObject({ status: 400, field: 'x-tenant-id' });
  });

  it('survives spans that are their own parents, and circles', async () => {
    const tenant = newTenant();
    const spans = [
      { ...call, id: '1', parent: '1' },
      { ...call, id: '2', parent: '3' },
      { ...call, id: '3', parent: '2' },
    ];
    expect(await sendJson(gateway, tenant, requestOf(spans, newTraceId()))).toMatchObject({ status: 200 });
  });
});

describeOnEachDatabase('a trace in pieces', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway(kind);
  });
  afterAll(() => gateway.close());

  it('counts once when its pieces arrive at the same time', async () => {
    const langchain = otlpCases.find(({ what }) => what.startsWith('LangChain'));
    if (!langchain) throw new Error('There is no such case.');
    const tenant = newTenant();
    const traces = Array.from({ length: 20 }, newTraceId);
    // As an exporter does that is told to come back.
    const untilTaken = async (request: object): Promise<void> => {
      const { status } = await sendJson(gateway, tenant, request);
      if (status === 503) return untilTaken(request);
      expect(status).toBe(200);
    };
    await Promise.all(
      traces.flatMap((traceId) => langchain.spans.map((span) => untilTaken(requestOf([span], traceId)))),
    );
    expect(await counted(gateway, tenant)).toMatchObject({ calls: traces.length, input: 9 * traces.length });
  });

  it('voids the outer call on record', async () => {
    const [, , , , , langchain] = otlpCases;
    const tenant = newTenant();
    const traceId = newTraceId();
    for (const span of langchain?.spans ?? []) await sendJson(gateway, tenant, requestOf([span], traceId));
    const voided = (await storedCalls(gateway, tenant)).filter(({ voidedAt }) => voidedAt !== null);
    expect(voided).toMatchObject([{ requestId: `otel:${traceId}:0000000000000001`, voidReason: expect.any(String) }]);
    const query = `query ($tenantId: ID) { auditEvents(tenantId: $tenantId, first: 10) { edges { node { action target } } } }`;
    const { data } = await gateway.send<{ auditEvents: { edges: { node: object }[] } }, object>(query, {
      tenantId: tenant,
    });
    expect(data.auditEvents.edges.map(({ node }) => node)).toContainEqual({
      action: 'usage.void',
      target: `otel:${traceId}:0000000000000001`,
    });
  });
});
