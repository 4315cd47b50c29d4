import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../src/settings/config.ts';
import { buildDashboard } from '../../src/web/dashboard/build.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

/** How much script browsers may have to load, compressed. */
const maxScriptBytes = 300_000;

describe('the dashboard', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    await buildDashboard();
    gateway = await startTestGateway('embedded');
  });
  afterAll(() => gateway.close());

  /** As it is sent, which fetch would unpack. */
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    new Promise<{ status: number | undefined; headers: NodeJS.Dict<string | string[]>; body: Buffer }>(
      (resolve, reject) => {
        request(`${gateway.url}${path}`, { method, headers }, async (response) => {
          const chunks = await response.toArray();
          resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) });
        })
          .on('error', reject)
          .end();
      },
    );
  const assets = async () => {
    const { body } = await get('/');
    return [...body.toString().matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
  };

  it('is a page that may load its own files alone, and that nobody may frame', async () => {
    const { status, headers } = await get('/');
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
  });

  it('names files by their content, which browsers keep for good', async () => {
    const paths = await assets();
    expect(paths).toHaveLength(2);
    for (const path of paths) {
      expect(path).toMatch(/^\/assets\/main-[A-Z0-9]{8}\.(js|css)$/);
      const { status, headers } = await get(path);
      expect(status).toBe(200);
      expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
      expect(headers['content-type']).toBe(
        path.endsWith('.js') ? 'text/javascript; charset=utf-8' : 'text/css; charset=utf-8',
      );
    }
  });

  it.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const)('sends files compressed with %s', async (encoding, unpack) => {
    for (const path of ['/', ...(await assets())]) {
      const plain = await get(path);
      expect(plain.headers['content-encoding']).toBeUndefined();
      const sent = await get(path, { 'accept-encoding': encoding });
      expect(sent.headers['content-encoding']).toBe(encoding);
      expect(sent.headers['vary']).toContain('Accept-Encoding');
      expect(unpack(sent.body).equals(plain.body)).toBe(true);
      expect(sent.body.byteLength).toBeLessThan(maxScriptBytes);
    }
  });

  it('leaves out a coding that is refused with a weight of zero', async () => {
    expect((await get('/', { 'accept-encoding': 'br;q=0, gzip' })).headers['content-encoding']).toBe('gzip');
  });

  it('answers HEAD with the headers of GET and no body', async () => {
    for (const path of ['/', ...(await assets())]) {
      const { body, headers } = await get(path);
      const head = await get(path, {}, 'HEAD');
      expect(head.status).toBe(200);
      expect(head.body.byteLength).toBe(0);
      expect(head.headers).toMatchObject({
        'content-type': headers['content-type'],
        'content-length': String(body.byteLength),
        etag: headers['etag'],
      });
    }
  });

  it('sends the page again only when it has changed', async () => {
    const { headers } = await get('/');
    const again = await get('/', { 'if-none-match': String(headers['etag']) });
    expect(again.status).toBe(304);
    expect(again.body.byteLength).toBe(0);
  });

  it.each(['/assets/main.js', '/assets/index.html', '/assets/..%2findex.html', '/assets/', '/index.html'])(
    'has nothing at %s',
    async (path) => {
      const { status, body } = await get(path);
      expect(status).toBe(404);
      expect(JSON.parse(body.toString())).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
    },
  );
});

describe('the dashboard of a gateway whose people sign in elsewhere', () => {
  const tag = /<meta name="usage-gateway-sign-in" content="([^"]*)" \/>/;

  it('names the issuer and the client, and lets nothing else be asked', async () => {
    await buildDashboard();
    const { jwt, signIn } = loadConfig({
      JWT_JWKS_URL: 'https://login.example.com/keys',
      JWT_ISSUER: 'https://login.example.com/a"b&c',
      JWT_AUDIENCE: 'usage',
      OIDC_CLIENT_ID: '<dashboard>',
    });
    const gateway = await startTestGateway('embedded', { config: { jwt, signIn } });
    onTestFinished(() => gateway.close());
    for (const encoding of ['identity', 'gzip', 'br']) {
      const response = await fetch(`${gateway.url}/`, { headers: { 'accept-encoding': encoding } });
      expect(response.headers.get('content-security-policy')).toContain(
        "connect-src 'self' https://login.example.com;",
      );
      const [, content = ''] = tag.exec(await response.text()) ?? [];
      expect(content).not.toMatch(/[<>]/);
      const read = content.replaceAll(/&#(\d+);/g, (_all, code) => String.fromCharCode(Number(code)));
      expect(JSON.parse(read)).toEqual(signIn);
    }
  });

  it('says nothing of the kind where they do not', async () => {
    const gateway = await startTestGateway('embedded');
    onTestFinished(() => gateway.close());
    const response = await fetch(`${gateway.url}/`);
    expect(response.headers.get('content-security-policy')).toContain("connect-src 'self';");
    expect(await response.text()).not.toMatch(tag);
  });
});
