import { expect, it, onTestFinished } from 'vitest';
import { RecordBatch } from '../acceptance/operations.ts';
import { findEverywhere } from '../erasure/find-everywhere.ts';
import { createTestDatabase, describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway } from '../support/gateway.ts';
import { runCli } from './gateway-process.ts';

describeOnEachDatabase('usage-gateway erase-user', (kind) => {
  it('tells how many calls a user has, and erases it when it is told to', { timeout: 180_000 }, async () => {
    const { config, drop } = await createTestDatabase(kind);
    onTestFinished(drop);
    const database = { config, drop: async () => undefined };
    const gateway = await startTestGateway(kind, { database });
    const inputs = [1, 2].map((no) => ({ tenantId: 'acme', requestId: `r-${no}`, userId: 'ada-7f3', inputTokens: no }));
    await gateway.ask(RecordBatch, { inputs });
    await gateway.close();

    const env: Record<string, string> = config.databaseUrl
      ? { DATABASE_URL: config.databaseUrl }
      : { DATA_DIR: config.dataDir };
    const asked = ['erase-user', '--tenant', 'acme', '--user', 'ada-7f3', '--reason', 'ada-7f3 asked for it'];
    expect(await runCli(['erase-user', '--tenant', 'acme', '--user', 'ada-7f3'], env)).toMatchObject({ code: 1 });
    expect(await runCli(asked.with(2, 'nowhere'), env)).toMatchObject({
      code: 1,
      stderr: "There is no tenant 'nowhere'.\n",
    });
    expect(await runCli(asked, env)).toEqual({
      code: 0,
      stdout: 'The user has 2 calls. Nothing was changed; --yes erases the user.\n',
      stderr: '',
    });
    expect(await runCli([...asked, '--yes'], env)).toMatchObject({
      code: 0,
      stdout: 'Erased the user from 2 calls.\n',
    });
    const again = await startTestGateway(kind, { database });
    onTestFinished(() => again.close());
    expect(await findEverywhere(again.database.orm, 'ada-7f3')).toEqual([]);
  });
});
