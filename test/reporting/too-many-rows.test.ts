import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/settings/config.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

describe('rows of reports', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    const { reportLimits } = loadConfig({});
    gateway = await startTestGateway('embedded', { config: { reportLimits: { ...reportLimits, rows: 1000 } } });
    await gateway.send('mutation { createTenant(input: { id: "acme", name: "acme" }) { id } }');
  });
  afterAll(() => gateway.close());

  const refused = (rows: number) => ({
    errors: [
      {
        message: expect.stringContaining(`would have ${rows} rows or more`),
        extensions: { code: 'QUERY_TOO_COSTLY' },
      },
    ],
  });
  const ask = (hours: number, fields: string) =>
    gateway.send(
      `{ usage(tenantId: "acme", from: "2026-04-01T00:00:00Z", to: "${new Date(Date.UTC(2026, 3, 1, hours)).toISOString()}", bucket: HOUR) { ${fields} } }`,
    );
  const fine = { errors: [] };

  it('are refused by their number, before anything is read', async () => {
    expect(await ask(999, 'buckets { stats { totalCalls } }')).toMatchObject(fine);
    expect(await ask(1000, 'buckets { stats { totalCalls } }')).toMatchObject(refused(1001));
    expect(
      await ask(99, 'groups(by: [{dimension: MODEL}], first: 9) { edges { node { buckets { ts } } } }'),
    ).toMatchObject(fine);
    expect(
      await ask(100, 'groups(by: [{dimension: MODEL}], first: 9) { edges { node { buckets { ts } } } }'),
    ).toMatchObject(refused(1010));
  });

  it('weigh more with percentiles, which are read as sketches', async () => {
    expect(await ask(110, 'buckets { stats { callDurationMs { p95 } } }')).toMatchObject(fine);
    expect(await ask(111, 'buckets { stats { callDurationMs { p95 } } }')).toMatchObject(refused(1008));
    expect(await ask(111, 'buckets { stats { callDurationMs { avg max } } }')).toMatchObject(fine);
    expect(await ask(60, 'buckets { stats { callDurationMs { p50 p95 } inputTokens { p95 } } }')).toMatchObject(
      refused(1037),
    );
  });
});
