import { print } from 'graphql';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { newApiKey } from '../../src/access/api-keys/api-key-format.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { auditOf } from './audit-of.ts';
import { graphql } from './gql/gql.ts';
import type { CreateApiKeyInput } from './gql/graphql.ts';
import { ApiKeys, AuditEvents, CreateApiKey, CreateTenant, RevokeApiKey, RotateApiKey } from './operations.ts';

const KeyLimits = graphql(`
  query KeyLimits($tenantId: ID) {
    apiKeys(tenantId: $tenantId) {
      name
      rateLimit {
        callsPerSecond
        requestsPerSecond
      }
    }
  }
`);

const secondMs = 1000;
const viewer = '{ viewer { role } }';
const days30 = 30 * 24 * 60 * 60;

describeOnEachDatabase('an API key', (kind) => {
  let gateway: TestGateway;
  let now = new Date('2026-05-01T10:00:00Z');
  let no = 0;
  let tenantId: string;
  beforeAll(async () => {
    gateway = await startTestGateway(kind, { clock: () => now });
  });
  afterAll(() => gateway.close());
  beforeEach(async () => {
    tenantId = `tenant${++no}`;
    await gateway.ask(CreateTenant, { input: { id: tenantId, name: tenantId } });
  });

  const later = (ms: number) => new Date(now.getTime() + ms);
  const create = async (
    input: Partial<CreateApiKeyInput> = { role: 'TENANT_ADMIN' },
    tenant: string | null = tenantId,
  ) => (await gateway.ask(CreateApiKey, { tenantId: tenant, input: { name: 'Key', ...input } })).createApiKey;
  const rotate = async (id: string, graceSeconds?: number, key?: string) =>
    (await gateway.ask(RotateApiKey, graceSeconds === undefined ? { id } : { id, graceSeconds }, key)).rotateApiKey;
  const revoke = async (id: string, key?: string) => (await gateway.ask(RevokeApiKey, { id }, key)).revokeApiKey;
  const statusOf = async (secret: string) => (await gateway.send(viewer, {}, secret)).status;
  const statusesOf = (secrets: string[]) => Promise.all(secrets.map(statusOf));
  const acts = async () => (await auditOf(gateway, tenantId)).filter(({ action }) => action.startsWith('key.'));

  it('is listed with its tenant’s others, newest first, whatever became of them', async () => {
    const names = ['one', 'two', 'three'];
    const ids = new Map<string, string>();
    for (const name of names) ids.set(name, (await create({ name, scopes: ['USAGE_READ'] })).apiKey.id);
    await revoke(ids.get('two') ?? '');
    await create({ role: 'TENANT_ADMIN', name: 'elsewhere' }, (await anotherTenant()).id);
    const { apiKeys } = await gateway.ask(ApiKeys, { tenantId });
    expect(apiKeys.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    const times = apiKeys.map(({ createdAt }) => createdAt);
    expect(times).toEqual(times.toSorted().toReversed());
    expect(apiKeys.find(({ name }) => name === 'two')).toEqual({
      id: ids.get('two'),
      name: 'two',
      role: null,
      scopes: ['USAGE_READ'],
      createdAt: expect.stringMatching(/Z$/),
      expiresAt: null,
      revokedAt: now.toISOString(),
      lastUsedAt: null,
    });
    const { secret } = await create();
    const own = await gateway.ask(ApiKeys, {}, secret);
    expect(own.apiKeys.map(({ name }) => name).toSorted()).toEqual(['Key', ...names].toSorted());
  });

  const anotherTenant = async () => {
    const input = { id: `${tenantId}-other`, name: 'Other' };
    return (await gateway.ask(CreateTenant, { input })).createTenant;
  };

  it('has the rate limit that it is given, which its audit row tells', async () => {
    const limited = await create({ role: 'TENANT_ADMIN', rateLimit: { callsPerSecond: 12.5 } });
    await create({ role: 'TENANT_ADMIN', name: 'Other', rateLimit: null });
    const { apiKeys } = await gateway.ask(KeyLimits, { tenantId }, limited.secret);
    expect(apiKeys).toContainEqual({ name: 'Key', rateLimit: { callsPerSecond: 12.5, requestsPerSecond: null } });
    expect(apiKeys).toContainEqual({ name: 'Other', rateLimit: null });
    expect((await acts())[0]?.details).toMatchObject({ callsPerSecond: 12.5, requestsPerSecond: null });
    const input = { name: 'Key', scopes: ['USAGE_READ' as const], rateLimit: { requestsPerSecond: 0 } };
    const { errors } = await gateway.send(CreateApiKey, { tenantId, input });
    expect(errors[0]?.extensions).toEqual({ code: 'VALIDATION_ERROR', field: 'requestsPerSecond' });
  });

  it('of a superuser is listed where no tenant is named, and of a tenant that does not exist nowhere', async () => {
    const { apiKey } = await create({ name: `of ${tenantId}`, role: 'SUPERUSER' }, null);
    await create();
    const { apiKeys } = await gateway.ask(ApiKeys, {});
    expect(apiKeys.map(({ role }) => role)).toEqual(apiKeys.map(() => 'SUPERUSER'));
    expect(apiKeys.map(({ id }) => id)).toContain(apiKey.id);
    const { errors } = await gateway.send(ApiKeys, { tenantId: 'nowhere' });
    expect(errors[0]?.extensions.code).toBe('NOT_FOUND');
  });

  it('that is rotated gets another secret under its id, and the one it had ends', async () => {
    const { apiKey, secret } = await create({ name: 'Service', scopes: ['USAGE_READ'] });
    const rotated = await rotate(apiKey.id);
    expect(rotated.apiKey).toEqual({
      id: apiKey.id,
      name: 'Service',
      prefix: apiKey.prefix,
      role: null,
      scopes: ['USAGE_READ'],
      expiresAt: null,
      revokedAt: null,
    });
    expect(rotated.secret.startsWith(`${apiKey.prefix}_`)).toBe(true);
    expect(await statusesOf([secret, rotated.secret])).toEqual([401, 200]);
  });

  it('that is rotated with a grace is let in by both secrets until it ends, to the millisecond', async () => {
    const { apiKey, secret } = await create();
    const rotated = await rotate(apiKey.id, 60);
    expect(await statusesOf([secret, rotated.secret])).toEqual([200, 200]);
    now = later(60 * secondMs - 1);
    expect(await statusesOf([secret, rotated.secret])).toEqual([200, 200]);
    // The gateway remembers both from just now.
    now = later(1);
    expect(await statusesOf([secret, rotated.secret])).toEqual([401, 200]);
  });

  it('that is rotated again within the grace loses its oldest secret', async () => {
    const { apiKey, secret } = await create();
    const second = await rotate(apiKey.id, days30);
    const third = await rotate(apiKey.id, 60);
    expect(await statusesOf([secret, second.secret, third.secret])).toEqual([401, 200, 200]);
    const fourth = await rotate(apiKey.id, 0);
    expect(await statusOf(fourth.secret)).toBe(200);
  });

  it('ends when it expires, the secret in its grace as well', async () => {
    const { apiKey, secret } = await create({ role: 'TENANT_MEMBER', expiresAt: later(30 * secondMs).toISOString() });
    const rotated = await rotate(apiKey.id, 60);
    now = later(30 * secondMs - 1);
    expect(await statusesOf([secret, rotated.secret])).toEqual([200, 200]);
    now = later(1);
    expect(await statusesOf([secret, rotated.secret])).toEqual([401, 401]);
  });

  it('is never let in by what is no secret of it', async () => {
    const { apiKey } = await create();
    await rotate(apiKey.id, 60);
    expect(await statusOf(newApiKey(apiKey.id).secret)).toBe(401);
  });

  it('that is revoked is let in by none of its secrets, and stays as it was revoked first', async () => {
    const { apiKey, secret } = await create();
    const rotated = await rotate(apiKey.id, 60);
    const revoked = await revoke(apiKey.id);
    expect(revoked).toEqual({ id: apiKey.id, name: 'Key', revokedAt: now.toISOString() });
    expect(await statusesOf([secret, rotated.secret])).toEqual([401, 401]);
    now = later(secondMs);
    expect(await revoke(apiKey.id)).toEqual(revoked);
    expect((await acts()).filter(({ action }) => action === 'key.revoke')).toHaveLength(1);
  });

  it('may rotate and revoke itself', async () => {
    const { apiKey, secret } = await create();
    const rotated = await rotate(apiKey.id, 0, secret);
    expect((await revoke(apiKey.id, rotated.secret)).revokedAt).toBe(now.toISOString());
    const actor = `key:${apiKey.id}`;
    expect(await acts()).toMatchObject([
      { actor: 'key:environment', action: 'key.create' },
      { actor, action: 'key.rotate', target: apiKey.id },
      { actor, action: 'key.revoke', target: apiKey.id },
    ]);
  });

  it('that is revoked or has expired is not rotated', async () => {
    const { apiKey: revoked } = await create();
    await revoke(revoked.id);
    const { apiKey: expired } = await create({ role: 'TENANT_ADMIN', expiresAt: later(1).toISOString() });
    now = later(1);
    for (const { id } of [revoked, expired]) {
      const { errors } = await gateway.send(RotateApiKey, { id });
      expect(errors[0]?.extensions).toEqual({ code: 'VALIDATION_ERROR', field: 'id' });
    }
    expect((await acts()).filter(({ action }) => action === 'key.rotate')).toEqual([]);
  });

  it('is rotated with a grace of at most 30 days', async () => {
    const { apiKey, secret } = await create();
    for (const graceSeconds of [-1, days30 + 1]) {
      const { errors } = await gateway.send(RotateApiKey, { id: apiKey.id, graceSeconds });
      expect(errors[0]?.extensions).toEqual({ code: 'VALIDATION_ERROR', field: 'graceSeconds' });
    }
    expect(await statusOf(secret)).toBe(200);
    await rotate(apiKey.id, days30);
    now = later(days30 * secondMs - 1);
    expect(await statusOf(secret)).toBe(200);
  });

  it.each([
    ['rotated', RotateApiKey],
    ['revoked', RevokeApiKey],
  ])('that is not there, or of somebody else, is not %s', async (_what, document) => {
    const { secret: admin } = await create();
    const { apiKey: foreign } = await create({ role: 'TENANT_ADMIN' }, (await anotherTenant()).id);
    const { apiKey: superusers } = await create({ role: 'SUPERUSER' }, null);
    const errorsOf = async (id: string, key?: string) => (await gateway.send(print(document), { id }, key)).errors;
    const unknown = await errorsOf('0123456789abcdef01', admin);
    expect(unknown).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    expect(await errorsOf(foreign.id, admin)).toEqual(unknown);
    expect(await errorsOf(superusers.id, admin)).toEqual(unknown);
    expect((await errorsOf('0123456789abcdef01'))[0]?.extensions).toEqual({ code: 'NOT_FOUND', field: 'id' });
    expect((await errorsOf('a\0b'))[0]?.extensions).toEqual({ code: 'VALIDATION_ERROR', field: 'id' });
    expect(await errorsOf(foreign.id)).toEqual([]);
    expect(await errorsOf(superusers.id)).toEqual([]);
  });

  it('is written down with what it may do, and never with a secret', async () => {
    const expiresAt = later(60 * secondMs).toISOString();
    const { apiKey, secret } = await create({ name: 'Service', scopes: ['USAGE_WRITE'], expiresAt });
    const rotated = await rotate(apiKey.id, 5);
    await revoke(apiKey.id);
    const details = { name: 'Service', role: null, scopes: ['usage:write'], expiresAt };
    const act = { actor: 'key:environment', target: apiKey.id };
    expect(await acts()).toEqual([
      { ...act, action: 'key.create', details },
      { ...act, action: 'key.rotate', details: { ...details, graceSeconds: 5 } },
      { ...act, action: 'key.revoke', details },
    ]);
    const rows = await gateway.database.orm.em
      .fork()
      .execute(`select row_to_json(audit_event)::text as row from audit_event where target = ?`, [apiKey.id]);
    expect(rows).toHaveLength(3);
    for (const each of [secret, rotated.secret]) {
      const random = each.slice(apiKey.prefix.length + 1, -8);
      expect(JSON.stringify(rows)).not.toContain(random);
    }
  });

  it('of a superuser is written down for the whole platform', async () => {
    const { apiKey } = await create({ name: 'Operator', role: 'SUPERUSER' }, null);
    const { auditEvents } = await gateway.ask(AuditEvents, { first: 1 });
    expect(auditEvents.edges[0]?.node).toMatchObject({
      action: 'key.create',
      tenantId: null,
      target: apiKey.id,
      details: { role: 'SUPERUSER', scopes: [] },
    });
  });

  it('that is refused leaves no trace', async () => {
    const { errors } = await gateway.send(CreateApiKey, { tenantId, input: { name: 'Key' } });
    expect(errors[0]?.extensions.code).toBe('VALIDATION_ERROR');
    expect((await gateway.ask(ApiKeys, { tenantId })).apiKeys).toEqual([]);
    expect(await acts()).toEqual([]);
  });

  it('rotated by many at once ends with one secret, and one before it', async () => {
    const { apiKey } = await create();
    const answers = await Promise.all(Array.from({ length: 8 }, () => rotate(apiKey.id, 60)));
    const statuses = await statusesOf(answers.map(({ secret }) => secret));
    expect(statuses.toSorted()).toEqual([200, 200, 401, 401, 401, 401, 401, 401]);
    expect((await acts()).filter(({ action }) => action === 'key.rotate')).toHaveLength(8);
  });
});
