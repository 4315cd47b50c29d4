import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, superuserKey, type TestGateway } from '../support/gateway.ts';
import { ask, bearer, post } from './requests.ts';

const app = 'https://app.example.com';
const tool = 'http://localhost:3000';
const stranger = 'https://stranger.example.com';

const allowedBy = ({ headers }: { headers: Headers }) => headers.get('access-control-allow-origin');

describe.each([
  { listed: [], others: [app, 'null'] },
  { listed: [app], others: [stranger, tool, `${app}.example.net`, 'null'] },
  { listed: [app, tool], others: [stranger, 'null'] },
])('with CORS_ORIGINS $listed', ({ listed, others }) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway('embedded', { config: { corsOrigins: listed } });
  });
  afterAll(() => gateway.close());

  const preflight = (origin: string) =>
    fetch(`${gateway.url}/graphql`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });

  it.each(listed)('a page of %s may ask', async (origin) => {
    const asked = await preflight(origin);
    expect(asked.status).toBe(204);
    expect(allowedBy(asked)).toBe(origin);
    expect(asked.headers.get('access-control-allow-methods')).toContain('POST');
    expect(asked.headers.get('access-control-allow-headers')).toBe('authorization,content-type');
    const answer = await ask(gateway, '{ viewer { role } }', { origin, ...bearer(superuserKey) });
    expect(answer.data).toEqual({ viewer: { role: 'SUPERUSER' } });
    expect(allowedBy(answer)).toBe(origin);
  });

  it.each(listed)('a page of %s may read errors', async (origin) => {
    expect(allowedBy(await ask(gateway, '{ viewer { role } }', { origin }))).toBe(origin);
    expect(allowedBy(await post(gateway, 'no JSON', { origin }))).toBe(origin);
    expect(allowedBy(await post(gateway, '', { origin, 'content-type': 'text/plain' }))).toBe(origin);
    expect(allowedBy(await post(gateway, ' '.repeat(5_000_000), { origin }))).toBe(origin);
  });

  it.each(others)('a page of %s may neither ask nor read', async (origin) => {
    for (const answer of [
      await preflight(origin),
      await ask(gateway, '{ __typename }', { origin }),
      await post(gateway, 'no JSON', { origin }),
    ])
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });

  it('answers say that they depend on the origin wherever they do', async () => {
    const { headers } = await ask(gateway, '{ __typename }');
    expect(headers.get('vary')?.includes('Origin') ?? false).toBe(listed.length > 0);
    expect(headers.has('access-control-allow-origin')).toBe(false);
  });
});
