import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { newApiKey } from '../../src/access/api-keys/api-key-format.ts';
import { loadConfig, type Config } from '../../src/settings/config.ts';
import { CreateApiKey, RevokeApiKey } from '../acceptance/operations.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, superuserKey } from '../support/gateway.ts';

/** Longer than the gateway remembers whose a key is. */
const forgottenMs = 2_100;
const burst = 3;

describeOnEachDatabase('somebody who guesses keys', (kind) => {
  const start = async (config: Partial<Config> = {}) => {
    const rateLimits = { ...loadConfig({}).rateLimits, failedSignInsPerSecond: burst / 60 };
    const gateway = await startTestGateway(kind, { config: { rateLimits, ...config } });
    onTestFinished(() => gateway.close());
    const ask = async (key: string, headers: Record<string, string> = {}, method = 'POST') => {
      const response = await fetch(`${gateway.url}/graphql`, {
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
        ...(method === 'POST' ? { body: '{"query":"{ viewer { role } }"}' } : {}),
      });
      return { status: response.status, headers: response.headers, body: await response.text() };
    };
    const statusOf = async (...sent: Parameters<typeof ask>) => (await ask(...sent)).status;
    const newKey = async () =>
      (await gateway.ask(CreateApiKey, { input: { name: 'Key', role: 'SUPERUSER' } })).createApiKey;
    const guess = async (headers?: Record<string, string>) => {
      const statuses = [];
      for (let index = 0; index < burst + 1; index++) statuses.push(await statusOf(newApiKey().secret, headers));
      return statuses;
    };
    return { gateway, ask, statusOf, newKey, guess };
  };

  it('is refused after some, whatever the guess looks like, and told when to come again', async () => {
    const { ask, statusOf } = await start();
    for (const guess of [newApiKey().secret, 'nothing', 'a.b.c']) expect(await statusOf(guess)).toBe(401);
    for (const guess of [newApiKey().secret, 'nothing', 'a.b.c', '', 'two words']) {
      const { status, headers, body } = await ask(guess);
      expect(status).toBe(429);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(JSON.parse(body).errors[0].extensions.code).toBe('RATE_LIMITED');
    }
  });

  it('locks out no key that was valid lately, nor the one of the settings', async () => {
    const { gateway, statusOf, newKey, guess } = await start();
    const known = await newKey();
    const revoked = await newKey();
    const unknown = await newKey();
    for (const { secret } of [known, revoked]) expect(await statusOf(secret)).toBe(200);
    expect(await guess()).toEqual([401, 401, 401, 429]);
    await gateway.ask(RevokeApiKey, { id: revoked.apiKey.id });
    await sleep(forgottenMs);
    expect(await statusOf(known.secret)).toBe(200);
    expect(await statusOf(superuserKey)).toBe(200);
    expect(await statusOf(unknown.secret)).toBe(429);
    // It was valid, is not any more, and counts as any other from then on.
    expect(await statusOf(revoked.secret)).toBe(401);
    expect(await statusOf(revoked.secret)).toBe(429);
  });

  it('is the only one who is counted: valid keys cost nothing', async () => {
    const { statusOf, newKey } = await start();
    for (let index = 0; index < 2 * burst; index++) expect(await statusOf((await newKey()).secret)).toBe(200);
  });

  it('cannot guess at the same time either', async () => {
    const { statusOf } = await start();
    const statuses = await Promise.all(Array.from({ length: 50 }, () => statusOf(newApiKey().secret)));
    expect(statuses.filter((status) => status === 401)).toHaveLength(burst);
    expect(statuses.filter((status) => status === 429)).toHaveLength(50 - burst);
  });

  it('is not helped by asking for the page of GraphiQL', async () => {
    const { gateway, statusOf } = await start({ introspection: false });
    const html = { accept: 'text/html' };
    for (let index = 0; index < burst; index++) await statusOf(newApiKey().secret, html, 'GET');
    expect(await statusOf(newApiKey().secret, html, 'GET')).toBe(429);
    const { createApiKey } = await gateway.ask(CreateApiKey, { input: { name: 'Key', role: 'SUPERUSER' } });
    expect(await statusOf(createApiKey.secret, html, 'GET')).toBe(429);
  });

  it('is told from others behind the same proxy by the last address in its header', async () => {
    const { statusOf, newKey, guess } = await start({ clientAddressHeader: 'x-forwarded-for' });
    expect(await guess({ 'x-forwarded-for': '198.51.100.7, 192.0.2.1' })).toEqual([401, 401, 401, 429]);
    const { secret } = await newKey();
    expect(await statusOf(secret, { 'x-forwarded-for': '192.0.2.1' })).toBe(429);
    expect(await statusOf(secret, { 'x-forwarded-for': '192.0.2.1, 192.0.2.2' })).toBe(200);
  });

  it('cannot choose an address where no header is trusted', async () => {
    const { guess, statusOf } = await start();
    await guess();
    expect(await statusOf(newApiKey().secret, { 'x-forwarded-for': '192.0.2.9' })).toBe(429);
  });
});
