import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { auditOf } from '../acceptance/audit-of.ts';
import {
  CreateAgent,
  CreateApiKey,
  CreateTenant,
  DeleteAgent,
  DeleteTenant,
  RevokeApiKey,
  RotateApiKey,
  UpdateAgent,
  UpdateTenant,
} from '../acceptance/operations.ts';
import { startCuttingProxy, type CuttingProxy } from '../recording/cutting-proxy.ts';
import { createTestDatabase, unavailable } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const reason = unavailable('postgres');

describe.skipIf(reason)(`an act whose commit was not answered${reason ? ` (left out: ${reason})` : ''}`, () => {
  let gateway: TestGateway;
  let proxy: CuttingProxy;
  let tenantId: string;
  let no = 0;
  beforeAll(async () => {
    const { config, drop } = await createTestDatabase('postgres');
    proxy = await startCuttingProxy(config.databaseUrl ?? '');
    const database = { config: { ...config, databaseUrl: proxy.url }, drop };
    gateway = await startTestGateway('postgres', { database, folding: false });
  });
  afterAll(async () => {
    await gateway.close();
    await proxy.close();
  });
  beforeEach(async () => {
    tenantId = `tenant${++no}`;
  });

  /** Has the connection cut when the server says that it has committed. */
  const losing = async <T>(act: () => Promise<T>): Promise<T> => {
    const before = proxy.cuts();
    proxy.cutBefore('COMMIT\0');
    const answer = await act();
    expect(proxy.cuts()).toBe(before + 1);
    return answer;
  };

  it('is answered as if it had been, and done once: of tenants and agents', async () => {
    const id = tenantId;
    const { createTenant } = await losing(() => gateway.ask(CreateTenant, { input: { id, name: 'A' } }));
    expect(createTenant).toMatchObject({ id, name: 'A' });
    await losing(() => gateway.ask(UpdateTenant, { id, input: { name: 'B' } }));
    await losing(() => gateway.ask(CreateAgent, { tenantId, input: { id: 'bot', name: 'Bot' } }));
    const { updateAgent } = await losing(() =>
      gateway.ask(UpdateAgent, { tenantId, id: 'bot', input: { budgetLimitUsd: '1' } }),
    );
    expect(updateAgent).toEqual({ id: 'bot', name: 'Bot', budgetLimitUsd: '1' });
    await losing(() => gateway.ask(DeleteAgent, { tenantId, id: 'bot' }));
    await losing(() => gateway.ask(DeleteTenant, { id }));
    expect((await auditOf(gateway, tenantId)).map(({ action }) => action)).toEqual([
      'tenant.create',
      'tenant.update',
      'agent.create',
      'agent.update',
      'agent.delete',
      'tenant.delete',
    ]);
  });

  it('is answered as if it had been, and done once: of keys', async () => {
    await gateway.ask(CreateTenant, { input: { id: tenantId, name: 'A' } });
    const statusOf = async (secret: string) => (await gateway.send('{ viewer { role } }', {}, secret)).status;
    const input = { name: 'Key', role: 'TENANT_MEMBER' } as const;
    const { createApiKey } = await losing(() => gateway.ask(CreateApiKey, { tenantId, input }));
    const { id } = createApiKey.apiKey;
    const { rotateApiKey } = await losing(() => gateway.ask(RotateApiKey, { id, graceSeconds: 60 }));
    expect(await statusOf(createApiKey.secret)).toBe(200);
    expect(await statusOf(rotateApiKey.secret)).toBe(200);
    const { revokeApiKey } = await losing(() => gateway.ask(RevokeApiKey, { id }));
    expect(revokeApiKey.revokedAt).not.toBeNull();
    expect((await auditOf(gateway, tenantId)).map(({ action }) => action)).toEqual([
      'tenant.create',
      'key.create',
      'key.rotate',
      'key.revoke',
    ]);
  });
});
