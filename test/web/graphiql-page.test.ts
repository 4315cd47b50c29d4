import { request, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { ask } from './requests.ts';

const mebibyte = 1024 * 1024;

describe("GraphiQL's page", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway('embedded');
  });
  afterAll(() => gateway.close());

  /** Unlike fetch it neither asks for packing nor unpacks. */
  const open = async (headers: Record<string, string> = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    request(`${gateway.url}/graphql`, { headers: { accept: 'text/html,*/*;q=0.8', ...headers } }, resolve)
      .on('error', reject)
      .end();
    const response = await promise;
    return { status: response.statusCode, headers: response.headers, body: Buffer.concat(await response.toArray()) };
  };

  it('is made without holding up other requests', async () => {
    await ask(gateway, '{ __typename }');
    const before = process.threadCpuUsage();
    await open({ 'accept-encoding': 'gzip' });
    const { user, system } = process.threadCpuUsage(before);
    // Made on this thread it takes a second, half of it without a pause.
    expect((user + system) / 1000).toBeLessThan(250);
  });

  it('is sent packed to those who take it, and plain to others', async () => {
    const packed = await open({ 'accept-encoding': 'gzip, deflate, br' });
    expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', 'content-length': String(packed.body.length) });
    expect(packed.body.length).toBeLessThan(3 * mebibyte);
    const plain = await open();
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.headers['content-length']).toBe(String(plain.body.length));
    expect(plain.body.toString()).toContain('<title>Usage Gateway</title>');
  });

  it('is sent once to a browser that keeps it', async () => {
    const { etag = '', vary = '' } = (await open()).headers;
    expect(vary).toContain('Accept-Encoding');
    expect(await open({ 'if-none-match': etag })).toMatchObject({ status: 304, body: Buffer.alloc(0) });
    expect((await open({ 'if-none-match': '"another"' })).status).toBe(200);
  });

  it('may not be framed, nor talk to other hosts', async () => {
    const policy = (await open()).headers['content-security-policy'];
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("connect-src 'self'");
  });

  it('is not what GraphQL clients get', async () => {
    const { headers } = await open({ accept: 'application/graphql-response+json, application/json' });
    expect(headers['content-type']).toContain('json');
  });
});
