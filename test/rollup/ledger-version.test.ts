import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { forkForPlatform } from '../../src/database/session.ts';
import { fold } from '../../src/rollup/fold.service.ts';
import { readLedgerLooks } from '../../src/rollup/ledger-version.repository.ts';
import { rebuild } from '../../src/rollup/rebuild.service.ts';
import { tenantId, type TenantId } from '../../src/values/identifier.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const window = { after: new Date('2026-05-01T00:00:00Z'), until: new Date('2026-05-01T01:00:00Z') };

describeOnEachDatabase('a look at a ledger', (kind) => {
  let gateway: TestGateway;
  let tenant: TenantId;
  let tenants = 0;
  beforeAll(async () => {
    gateway = await startTestGateway(kind, { folding: false });
  });
  afterAll(() => gateway?.close());
  beforeEach(async () => {
    tenant = tenantId(`tenant-${++tenants}`);
    await ask(`createTenant(input: { id: "${tenant}", name: "Tenant" }) { id }`);
  });

  async function ask(field: string): Promise<void> {
    expect((await gateway.send(`mutation { ${field} }`)).errors).toEqual([]);
  }
  const record = (id: string, more = '') =>
    ask(
      `recordUsage(input: { tenantId: "${tenant}", requestId: "${id}", provider: "p", model: "m", inputTokens: 1, outputTokens: 1 ${more} }) { outcome }`,
    );
  const em = () => forkForPlatform(gateway.database);
  const look = async (of: TenantId = tenant) => (await readLedgerLooks(em(), [of], window)).get(of);
  const changes = async () => Number((await look())?.changes);
  const foldAll = async () => {
    while ((await fold(em(), 1000)).more);
  };

  it('counts what is recorded, voided, replaced and priced again', async () => {
    expect(await changes()).toBe(0);
    await record('one');
    expect(await changes()).toBe(1);
    // Known already: nothing changes.
    await record('one');
    expect(await changes()).toBe(1);
    await ask(`voidUsage(tenantId: "${tenant}", requestId: "one", reason: "Twice.") { requestId }`);
    expect(await changes()).toBe(2);
    await record('two');
    await ask(
      `recordUsage(input: { tenantId: "${tenant}", requestId: "two", provider: "p", model: "m", inputTokens: 1, outputTokens: 2, replaces: true }) { outcome }`,
    );
    const replaced = await changes();
    expect(replaced).toBeGreaterThan(3);
    await ask(
      `setModelPrice(tenantId: "${tenant}", input: { provider: "p", model: "m", effectiveFrom: "2020-01-01T00:00:00Z", inputUsdPerMillion: "1", outputUsdPerMillion: "1" }) { id }`,
    );
    expect(await changes()).toBe(replaced);
    const reprice = `repriceUsage(tenantId: "${tenant}", from: "2020-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z", scope: UNPRICED, reason: "Known now.", dryRun: false) { calls }`;
    await ask(reprice);
    expect(await changes()).toBe(replaced + 1);
    await ask(reprice);
    expect(await changes()).toBe(replaced + 1);
  });

  it('sees the same whether calls wait or summaries hold them', async () => {
    for (const id of ['one', 'two', 'three']) await record(id);
    await ask(`voidUsage(tenantId: "${tenant}", requestId: "two", reason: "Twice.") { requestId }`);
    expect(await changes()).toBe(4);
    await foldAll();
    expect(await changes()).toBe(4);
    await record('four');
    await ask(`voidUsage(tenantId: "${tenant}", requestId: "three", reason: "Twice.") { requestId }`);
    await rebuild(em(), tenant);
    expect(await changes()).toBe(6);
    await ask(`voidUsage(tenantId: "${tenant}", requestId: "four", reason: "Twice.") { requestId }`);
    await foldAll();
    expect(await changes()).toBe(7);
  });

  it('is of one tenant, and of none that does not exist', async () => {
    await ask(`createTenant(input: { id: "${tenant}-neighbour", name: "Tenant" }) { id }`);
    await ask(`recordUsage(input: { tenantId: "${tenant}-neighbour", inputTokens: 1, outputTokens: 1 }) { outcome }`);
    expect(await changes()).toBe(0);
    expect(await look(tenantId(`${tenant}-nobody`))).toBeUndefined();
  });

  it('tells whether a call occurred in its window', async () => {
    for (const [occurredAt, occurred] of [
      ['2026-05-01T00:00:00Z', false],
      ['2026-05-01T01:00:00.001Z', false],
      ['2026-05-01T01:00:00Z', true],
    ] as const) {
      await record(occurredAt, `occurredAt: "${occurredAt}"`);
      expect((await look())?.occurred).toBe(occurred);
    }
  });

  // The embedded database has one connection.
  it.runIf(kind === 'postgres')('counts a batch that is committed after later ones', async () => {
    const late = em();
    const id = uuidv7();
    await record('one');
    await late.begin();
    await late.execute('insert into unfolded (tenant_id, batch_id, calls) values (?, ?, 1)', [tenant, id]);
    await record('two');
    await foldAll();
    expect(await changes()).toBe(2);
    await late.commit();
    expect(await changes()).toBe(3);
  });
});
