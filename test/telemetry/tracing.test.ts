import { createServer } from 'node:http';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { createTestDatabase, describeOnEachDatabase, type DatabaseKind } from '../support/databases.ts';
import { startCli } from '../cli/gateway-process.ts';
import { superuserKey } from '../support/gateway.ts';
import { startCollector, type Collector } from './collector.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentSpanId = 'b7ad6b7169203331';
const traceparent = `00-${traceId}-${parentSpanId}-01`;

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const ask = (url: string, query: string, variables: object, headers: Record<string, string>) =>
  fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });

/** A gateway as an operator starts it, which sends its traces to a collector. */
async function startTraced(kind: DatabaseKind, settings: Record<string, string>) {
  const collector = await startCollector();
  ends.push(() => collector.close());
  const database = await createTestDatabase(kind);
  ends.push(() => database.drop());
  const { databaseUrl, dataDir } = database.config;
  const gateway = startCli(['serve'], {
    PORT: '0',
    LOG_LEVEL: 'info',
    NODE_ENV: 'production',
    SUPERUSER_KEY: superuserKey,
    REQUEST_LOG_SAMPLE: '1',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    ...(databaseUrl ? { DATABASE_URL: databaseUrl } : { DATA_DIR: dataDir }),
    ...settings,
  });
  const stop = async () => {
    gateway.kill('SIGTERM');
    return gateway.ended;
  };
  ends.push(stop);
  const url = (await gateway.waitFor(/ready at (\S+)\/graphql/))[1] ?? '';
  return { collector, url, stop };
}

const tree = (collector: Collector) => {
  const spans = collector.spans().filter((span) => span.traceId === traceId);
  const named = (name: string) => spans.filter((span) => span.name === name);
  return { spans, named };
};

describeOnEachDatabase('traces', (kind) => {
  it('have a request, its wait, its statements and the fold, under the trace that the caller named', async () => {
    const { collector, url, stop } = await startTraced(kind, {
      OTEL_SERVICE_NAME: 'gateway-of-a-test',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
      OTEL_TRACES_SAMPLER: 'always_on',
    });
    const headers = { authorization: `Bearer ${superuserKey}`, traceparent };
    const input = { tenantId: 'acme', requestId: 'secret-value', provider: 'p', model: 'm', userId: 'secret-user' };
    const record = 'mutation ($input: RecordUsageInput!) { recordUsage(input: $input) { outcome } }';
    const answer = await ask(url, record, { input: { ...input, inputTokens: 1, outputTokens: 1 } }, headers);
    expect(await answer.json()).toEqual({ data: { recordUsage: { outcome: 'RECORDED' } } });
    const report =
      'query ($user: [String!]) { usage(tenantId: "acme", filters: { userId: $user }) { totals { totalCalls } } }';
    const usage = await ask(url, report, { user: ['secret-user'] }, headers);
    expect(await usage.json()).toEqual({ data: { usage: { totals: { totalCalls: 1 } } } });
    const { stderr } = await stop();

    const { spans, named } = tree(collector);
    expect(spans[0]?.resource).toMatchObject({
      'service.name': 'gateway-of-a-test',
      'deployment.environment.name': 'test',
    });
    const [recordUsage] = named('mutation recordUsage');
    expect(recordUsage).toMatchObject({
      parentSpanId,
      attributes: { 'usage_gateway.caller': 'superuser', 'usage_gateway.code': 'OK' },
    });
    expect(recordUsage?.attributes['usage_gateway.request_id']).toBe(answer.headers.get('x-request-id'));
    expect(named('recording.wait')).toMatchObject([{ parentSpanId: recordUsage?.spanId }]);
    const [stored] = named('recording.store');
    expect(named('statement').some((span) => span.parentSpanId === stored?.spanId)).toBe(true);
    const [usageSpan] = named('query usage');
    const statements = named('statement').filter((span) => span.parentSpanId === usageSpan?.spanId);
    const texts = statements.map(({ attributes }) => String(attributes['db.query.text']));
    expect(texts.join('\n')).toMatch(/begin .* read only/);
    expect(texts.join('\n')).toContain('from usage_call');
    expect(collector.spans().some(({ name }) => name === 'fold')).toBe(true);
    // No value of a caller's is anywhere in it.
    const sent = collector.bodies.map(({ body }) => body.toString()).join('\n');
    const values = ['secret-value', 'secret-user', 'acme', superuserKey];
    expect(values.filter((value) => sent.includes(value))).toEqual([]);
    expect(stderr).toContain(`"traceId":"${traceId}"`);
  });
});

describe('traces', () => {
  it('are sent as protobuf by default, and only those that the sampler takes', async () => {
    const { collector, url, stop } = await startTraced('embedded', {
      OTEL_EXPORTER_OTLP_PROTOCOL: '',
      OTEL_TRACES_SAMPLER: 'parentbased_always_off',
    });
    await (await ask(url, '{ viewer { role } }', {}, { authorization: `Bearer ${superuserKey}` })).text();
    await (await ask(url, '{ viewer { role } }', {}, { traceparent })).text();
    await stop();
    expect(collector.bodies).toMatchObject([{ path: '/v1/traces', type: 'application/x-protobuf' }]);
    expect(collector.bodies[0]?.body.includes(Buffer.from(traceId, 'hex'))).toBe(true);
    expect(collector.bodies[0]?.body.includes(Buffer.from('usage-gateway'))).toBe(true);
  });

  it('go on at the token issuer, whose keys are fetched', async () => {
    const asked: (string | undefined)[] = [];
    const issuer = createServer((request, response) => {
      asked.push(request.headers['traceparent']?.toString());
      response.setHeader('content-type', 'application/json');
      response.end('{"keys":[]}');
    }).listen(0, '127.0.0.1');
    await once(issuer, 'listening');
    ends.push(() => issuer.close());
    const address = issuer.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const { collector, url, stop } = await startTraced('embedded', {
      JWT_JWKS_URL: `http://127.0.0.1:${port}/keys`,
      JWT_ISSUER: 'https://login.example.com/',
      JWT_AUDIENCE: 'usage-gateway',
    });
    const part = (of: object) => Buffer.from(JSON.stringify(of)).toString('base64url');
    const token = `${part({ alg: 'RS256', kid: 'one' })}.${part({ sub: 'ada', exp: 4e9 })}.${part({})}`;
    const answer = await ask(url, '{ viewer { role } }', {}, { authorization: `Bearer ${token}`, traceparent });
    expect(answer.status).toBe(401);
    await stop();
    const { named } = tree(collector);
    const [fetched] = named('GET');
    expect(asked[0]).toBe(`00-${traceId}-${fetched?.spanId}-01`);
  });

  it('need no libraries where nobody asks for them', async () => {
    const { collector, url, stop } = await startTraced('embedded', { OTEL_SDK_DISABLED: 'true' });
    const answer = await ask(url, '{ viewer { role } }', {}, { authorization: `Bearer ${superuserKey}`, traceparent });
    expect(answer.status).toBe(200);
    expect((await stop()).code).toBe(0);
    expect(collector.bodies).toEqual([]);
  });
});
