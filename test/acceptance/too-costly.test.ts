import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadConfig } from '../../src/settings/config.ts';
import { foldAll } from '../reporting/folded.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { RecordBatch } from './operations.ts';

describeOnEachDatabase('a report that reads the ledger', (kind) => {
  let gateway: TestGateway;

  beforeAll(async () => {
    const { reportLimits } = loadConfig({});
    gateway = await startTestGateway(kind, {
      folding: false,
      config: { reportLimits: { ...reportLimits, callsRead: 60 } },
    });
    const calls = (tenantId: string) =>
      Array.from({ length: 50 }, (_, no) => ({
        tenantId,
        userId: `u${no % 7}`,
        inputTokens: 1,
        outputTokens: 1,
        occurredAt: new Date(Date.UTC(2026, 3, 1 + (no % 10), 12)).toISOString(),
      }));
    await gateway.ask(RecordBatch, { inputs: [...calls('acme'), ...calls('globex')] });
  });
  afterAll(() => gateway.close());

  const report = (tenantId: string, fields: string, to = '2026-04-11') =>
    `usage(tenantId: "${tenantId}", fromDate: "2026-04-01", toDate: "${to}") { ${fields} }`;
  const byUser = 'byUser { userId stats { totalCalls } }';
  const refusal = (calls: number) => [
    {
      message: expect.stringContaining(
        `The request would read about ${calls} calls one by one, as no summary answers it; at most 60 are allowed.`,
      ),
      extensions: { code: 'QUERY_TOO_COSTLY' },
    },
  ];
  const send = async (...reports: string[]) =>
    gateway.send(`{ ${reports.map((report, no) => `r${no}: ${report}`).join(' ')} }`);

  it('is answered while its calls wait to be folded, whatever their number', async () => {
    expect((await send(report('acme', byUser), report('globex', byUser))).errors).toEqual([]);
  });

  it('is refused with the number of calls once that is above the limit, all reports of a request together', async () => {
    await foldAll(gateway.database.orm);
    expect((await send(report('acme', byUser))).errors).toEqual([]);
    expect((await send(report('acme', byUser), report('globex', byUser))).errors).toMatchObject(refusal(100));
    expect((await send(report('acme', byUser), report('acme', byUser, '2026-04-06'))).errors).toMatchObject(
      refusal(75),
    );
    expect(
      (
        await gateway.send(
          `{ allUsage(from: "2026-04-01T00:00:00Z") { groups(by: [{ dimension: USER }]) { groupCount } } }`,
        )
      ).errors,
    ).toMatchObject(refusal(100));
  });

  it('is no report that summaries answer', async () => {
    const fields = 'totals { totalCalls callDurationMs { p95 } } buckets { ts }';
    const many = Array.from({ length: 20 }, () => report('acme', fields));
    expect((await send(...many, report('globex', fields))).errors).toEqual([]);
  });
});
