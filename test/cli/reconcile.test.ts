import { expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../src/open-database.ts';
import { RecordBatch } from '../acceptance/operations.ts';
import { createTestDatabase, describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway } from '../support/gateway.ts';
import { runCli } from './gateway-process.ts';

const call = (no: number) => ({
  tenantId: no % 2 ? 'acme' : 'globex',
  requestId: `call-${no}`,
  occurredAt: new Date(Date.UTC(2026, 0, 1 + no)).toISOString(),
  inputTokens: no,
  outputTokens: 1,
});

describeOnEachDatabase('usage-gateway rebuild and reconcile', (kind) => {
  it('make summaries and check them, and tell what differs by line and exit code', { timeout: 60_000 }, async () => {
    const { config, drop } = await createTestDatabase(kind);
    onTestFinished(drop);
    const gateway = await startTestGateway(kind, { database: { config, drop: async () => undefined }, folding: false });
    await gateway.ask(RecordBatch, { inputs: Array.from({ length: 20 }, (_, no) => call(no)) });
    await gateway.close();
    const env: Record<string, string> = config.databaseUrl
      ? { DATABASE_URL: config.databaseUrl }
      : { DATA_DIR: config.dataDir };

    expect(await runCli(['rebuild'], env)).toMatchObject({
      code: 0,
      stdout: 'Rebuilt the summaries of 2 tenants.\n',
    });
    expect(await runCli(['reconcile'], env)).toMatchObject({ code: 0, stdout: '28 summaries compared, 0 differ\n' });

    const database = await openDatabase(config);
    await database.orm.em
      .fork()
      .execute(`update tenant_summary set calls = 2 where starts_at = '2026-01-04T00:00:00Z' and grain = 'DAY'`);
    await database.close();
    const found = await runCli(['reconcile', '--tenant', 'acme'], env);
    expect(found.code).toBe(1);
    expect(found.stdout).toBe(
      `tenant_summary {"tenantId":"acme","grain":"DAY","startsAt":"2026-01-04T00:00:00.000Z"}: calls 2, not 1\n` +
        '13 summaries compared, 1 differ\n',
    );
    expect(await runCli(['reconcile', '--tenant', 'globex'], env)).toMatchObject({ code: 0 });
    expect(await runCli(['reconcile', '--tenant', 'nobody'], env)).toMatchObject({
      code: 1,
      stderr: "There is no tenant 'nobody'.\n",
    });

    expect(await runCli(['rebuild', '--tenant', 'acme'], env)).toMatchObject({ code: 0 });
    expect(await runCli(['reconcile'], env)).toMatchObject({ code: 0 });
  });
});
