import { afterAll, beforeAll, expect, it } from 'vitest';
import { auditRows } from '../support/audit-rows.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

describeOnEachDatabase('an act with texts that JSON in the database cannot hold', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => void (gateway = await startTestGateway(kind)));
  afterAll(() => gateway?.close());

  it('is done and on record, with a replacement for them', async () => {
    const { errors } = await gateway.send(
      `mutation ($filters: UsageFilters) {
        createTenant(input: { id: "acme", name: "Acme" }) { id }
        repriceUsage(tenantId: "acme", from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z", scope: UNPRICED,
          reason: "New prices.", dryRun: false, filters: $filters) { unpricedAfter }
      }`,
      { filters: { botId: ['\uD800', 'a\0b'] } },
    );
    expect(errors).toEqual([]);
    const rows = JSON.stringify(await auditRows(gateway));
    expect(rows).toContain('"botId":["\uFFFD","a\uFFFDb"]');
  });
});
