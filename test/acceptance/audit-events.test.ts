import { afterAll, beforeAll, expect, it } from 'vitest';
import { asOwner } from '../support/as-owner.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import {
  ApiKeys,
  AuditEvents,
  CreateAgent,
  CreateApiKey,
  CreateTenant,
  DeleteTenant,
  Record as RecordCall,
  SetPrice,
  UpdateAgent,
} from './operations.ts';

describeOnEachDatabase('what was done', (kind) => {
  let gateway: TestGateway;
  let now = new Date('2026-05-01T10:00:00Z');
  let admin: string;
  let keyId: string;
  const agents = ['a', 'b', 'c', 'd', 'e'];
  beforeAll(async () => {
    gateway = await startTestGateway(kind, { clock: () => now });
    for (const id of ['acme', 'globex']) await gateway.ask(CreateTenant, { input: { id, name: id } });
    const { createApiKey } = await gateway.ask(CreateApiKey, {
      tenantId: 'acme',
      input: { name: 'Admin', role: 'TENANT_ADMIN' },
    });
    admin = createApiKey.secret;
    keyId = createApiKey.apiKey.id;
    // Two at the same instant, three one after the other.
    for (const [index, id] of agents.entries()) {
      if (index > 1) now = new Date(now.getTime() + 1);
      await gateway.ask(CreateAgent, { input: { id, name: id } }, admin);
    }
    await gateway.ask(CreateAgent, { tenantId: 'globex', input: { id: 'g', name: 'g' } });
    const price = { provider: 'p', model: 'm', inputUsdPerMillion: '1', outputUsdPerMillion: '1' };
    await gateway.ask(SetPrice, { input: price });
  });
  afterAll(() => gateway.close());

  const page = async (variables: { tenantId?: string; first?: number; after?: string | null }, key?: string) =>
    (await gateway.ask(AuditEvents, variables, key)).auditEvents;
  const newestFirst = () => [...agents.toReversed(), keyId, 'acme'];

  it('is listed newest first, for admins that of their tenant', async () => {
    for (const events of [
      await page({}, admin),
      await page({ tenantId: 'acme' }),
      await page({ tenantId: 'acme' }, admin),
    ])
      expect(events.edges.map(({ node }) => node.target)).toEqual(newestFirst());
    const { edges } = await page({}, admin);
    expect(edges[0]?.node).toEqual({
      id: expect.any(String),
      at: now.toISOString(),
      actor: `key:${keyId}`,
      subject: null,
      action: 'agent.create',
      tenantId: 'acme',
      target: 'e',
      details: { name: 'e', budgetLimitUsd: null },
    });
  });

  it('is listed of everywhere for superusers who name no tenant', async () => {
    const { edges } = await page({ first: 1000 });
    const tenants = edges.map(({ node }) => node.tenantId);
    expect(tenants.slice(0, 2)).toEqual([null, 'globex']);
    expect(tenants.filter((tenant) => tenant === 'acme')).toHaveLength(newestFirst().length);
  });

  it('comes in pages that stay put while more is done', async () => {
    const seen: (string | null | undefined)[] = [];
    let after: string | null = null;
    for (let pages = 0; pages < 10; pages++) {
      const { edges, pageInfo } = await page({ first: 2, after }, admin);
      expect(pageInfo.hasPreviousPage).toBe(after !== null);
      seen.push(...edges.map(({ node }) => node.target));
      if (!pageInfo.hasNextPage) break;
      after = pageInfo.endCursor ?? null;
      now = new Date(now.getTime() + 1000);
      await gateway.ask(UpdateAgent, { id: 'a', input: { name: `a${pages}` } }, admin);
    }
    expect(seen.slice(0, 5)).toEqual(agents.toReversed());
    expect(seen.slice(6)).toEqual(['acme']);
    expect(new Set(seen).size).toBe(newestFirst().length);
  });

  it.each([
    ['first', { first: 0 }],
    ['first', { first: 1001 }],
    ['after', { after: 'nonsense' }],
    ['after', { after: Buffer.from(JSON.stringify(['now', 'x'])).toString('base64url') }],
  ])('is refused with an unfit %s', async (field, variables) => {
    const { errors } = await gateway.send(AuditEvents, variables);
    expect(errors[0]?.extensions).toEqual({ code: 'VALIDATION_ERROR', field });
  });

  it('is nothing in a tenant in which nothing was done, and not found in one that never was', async () => {
    await gateway.ask(RecordCall, { input: { tenantId: 'implicit', inputTokens: 1, outputTokens: 1 } });
    expect((await page({ tenantId: 'implicit' })).edges).toEqual([]);
    const { errors } = await gateway.send(AuditEvents, { tenantId: 'never' });
    expect(errors[0]?.extensions.code).toBe('NOT_FOUND');
  });

  it('outlives its tenant, for superusers', async () => {
    await gateway.ask(CreateTenant, { input: { id: 'leaving', name: 'Leaving' } });
    await gateway.ask(DeleteTenant, { id: 'leaving' });
    const { edges } = await page({ tenantId: 'leaving' });
    expect(edges.map(({ node }) => node.action)).toEqual(['tenant.delete', 'tenant.create']);
  });

  it('is undone where it cannot be written down', async () => {
    const { apiKey, secret } = (
      await gateway.ask(CreateApiKey, { tenantId: 'globex', input: { name: 'Key', role: 'TENANT_ADMIN' } })
    ).createApiKey;
    const before = await everything(apiKey.id);
    await asOwner(gateway.database.orm, 'alter table audit_event add constraint full_disk check (false) not valid');
    try {
      for (const act of [
        'createTenant(input: { id: "half", name: "Half" }) { id }',
        'updateTenant(id: "globex", input: { name: "Half" }) { id }',
        'deleteTenant(id: "globex")',
        'createAgent(tenantId: "globex", input: { id: "half", name: "Half" }) { id }',
        'updateAgent(tenantId: "globex", id: "g", input: { name: "Half", budgetLimitUsd: "5" }) { id }',
        'deleteAgent(tenantId: "globex", id: "g")',
        'createApiKey(tenantId: "globex", input: { name: "Half", role: TENANT_ADMIN }) { secret }',
        `rotateApiKey(id: "${apiKey.id}") { secret }`,
        `revokeApiKey(id: "${apiKey.id}") { id }`,
      ]) {
        const { errors } = await gateway.send(`mutation { ${act} }`);
        expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
      }
    } finally {
      await asOwner(gateway.database.orm, 'alter table audit_event drop constraint full_disk');
    }
    expect(await everything(apiKey.id)).toEqual(before);
    expect((await gateway.send('{ viewer { role } }', {}, secret)).status).toBe(200);
  });

  const everything = async (keyId: string) => {
    const { data, errors } = await gateway.send(`{
      tenants { edges { node { id name agents { edges { node { id name budgetLimitUsd } } } } } }
      auditEvents(first: 1000) { edges { node { id } } }
    }`);
    expect(errors).toEqual([]);
    const { apiKeys } = await gateway.ask(ApiKeys, { tenantId: 'globex' });
    expect(apiKeys.map(({ id }) => id)).toContain(keyId);
    return { data, keys: apiKeys.map(({ id, revokedAt }) => ({ id, revokedAt })) };
  };
});
