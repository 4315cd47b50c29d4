import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { FailedSignIns } from '../../src/admission/failed-sign-ins.ts';
import { createAuthenticator } from '../../src/access/authenticate.ts';
import { ApiKeys, CreateApiKey, CreateTenant, RevokeApiKey, RotateApiKey } from '../acceptance/operations.ts';
import { createTestDatabase, describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const tenantId = 'acme';
const promised = { timeout: 5_000, interval: 100 };

describeOnEachDatabase('a key', (kind) => {
  let changing: TestGateway;
  let serving: TestGateway;
  let key: { apiKey: { id: string }; secret: string };
  beforeAll(async () => {
    const database = await createTestDatabase(kind);
    changing = await startTestGateway(kind, { database });
    // The embedded database is one process's; keys of a server's may be changed by way of another gateway.
    serving =
      kind === 'embedded'
        ? changing
        : await startTestGateway(kind, { database: { config: database.config, drop: async () => undefined } });
    await changing.ask(CreateTenant, { input: { id: tenantId, name: 'Acme' } });
  });
  afterAll(async () => {
    if (serving !== changing) await serving.close();
    await changing.close();
  });
  beforeEach(async () => {
    const { createApiKey } = await changing.ask(CreateApiKey, {
      tenantId,
      input: { name: 'Key', role: 'TENANT_MEMBER' },
    });
    key = createApiKey;
  });

  const statusOf = async (secret: string) => (await serving.send('{ viewer { role } }', {}, secret)).status;

  it('that is revoked is let in nowhere within five seconds', async () => {
    expect(await statusOf(key.secret)).toBe(200);
    await changing.ask(RevokeApiKey, { id: key.apiKey.id });
    await expect.poll(() => statusOf(key.secret), promised).toBe(401);
  });

  it('that is rotated is let in nowhere by the secret it had within five seconds, and at once by the new one', async () => {
    expect(await statusOf(key.secret)).toBe(200);
    const { rotateApiKey } = await changing.ask(RotateApiKey, { id: key.apiKey.id });
    expect(await statusOf(rotateApiKey.secret)).toBe(200);
    await expect.poll(() => statusOf(key.secret), promised).toBe(401);
    expect(await statusOf(rotateApiKey.secret)).toBe(200);
  });

  it('notes when it was last used, at most once a minute', async () => {
    const first = new Date('2026-05-01T10:00:00Z');
    const lastUsedAfter = async (ms: number) => {
      const now = new Date(first.getTime() + ms);
      // A new one each time, as it has nothing to remember.
      const authenticator = createAuthenticator(
        serving.database.orm,
        undefined,
        () => now,
        new FailedSignIns(undefined),
      );
      await authenticator.authenticate(`Bearer ${key.secret}`, '192.0.2.1');
      const { apiKeys } = await changing.ask(ApiKeys, { tenantId });
      return apiKeys.find(({ id }) => id === key.apiKey.id)?.lastUsedAt;
    };
    expect(await lastUsedAfter(0)).toBe('2026-05-01T10:00:00.000Z');
    expect(await lastUsedAfter(1_000)).toBe('2026-05-01T10:00:00.000Z');
    expect(await lastUsedAfter(60_000)).toBe('2026-05-01T10:00:00.000Z');
    expect(await lastUsedAfter(60_001)).toBe('2026-05-01T10:01:00.001Z');
  });
});
