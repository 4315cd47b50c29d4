import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { CreateApiKey, Record as RecordCall, Totals } from '../acceptance/operations.ts';
import { createTestDatabase, unavailable, type TestDatabase } from '../support/databases.ts';
import { superuserKey } from '../support/gateway.ts';
import { ask, bearer } from '../web/requests.ts';
import { print } from 'graphql';
import { startCli, type CliProcess } from './gateway-process.ts';

const minuteMs = 60_000;
const clockModule = resolve(import.meta.dirname, '../simulate/skewed-clock.ts');

const reason = unavailable('postgres');

interface SkewedGateway extends CliProcess {
  url: string;
}

/** A gateway on a machine whose clock is ahead. */
async function startSkewed({ config }: TestDatabase, name: string, aheadMs: number): Promise<SkewedGateway> {
  const { folder } = inject('testDatabases');
  const clockFile = join(folder, `clock-${name}`);
  writeFileSync(clockFile, String(aheadMs));
  const gateway = startCli(['serve'], {
    PORT: '0',
    METRICS_PORT: '0',
    NODE_ENV: 'production',
    SUPERUSER_KEY: superuserKey,
    DATABASE_URL: config.databaseUrl ?? '',
    NODE_OPTIONS: `--import=${clockModule}`,
    SIMULATED_CLOCK: clockFile,
    TMPDIR: folder,
  });
  const [, url = ''] = await gateway.waitFor(/^Usage Gateway is ready at (\S+)\/graphql$/m);
  return { ...gateway, url };
}

describe.skipIf(reason)(`gateways whose clocks are wrong${reason ? ` (left out: ${reason})` : ''}`, () => {
  let database: TestDatabase;
  let gateways: Record<'behind' | 'ahead', SkewedGateway>;
  beforeAll(async () => {
    database = await createTestDatabase('postgres');
    gateways = {
      behind: await startSkewed(database, 'behind', -2_000),
      ahead: await startSkewed(database, 'ahead', 60 * minuteMs),
    };
  });
  afterAll(async () => {
    for (const { kill, ended } of Object.values(gateways)) {
      kill('SIGKILL');
      await ended;
    }
    await database.drop();
  });

  const record = async (url: string, input: object) => {
    const answer = await ask({ url }, print(RecordCall), bearer(superuserKey), {
      input: { tenantId: 'acme', inputTokens: 1, outputTokens: 1, ...input },
    });
    return answer;
  };
  const countAt = async (url: string) => {
    const { data } = await ask({ url }, print(Totals), bearer(superuserKey), { tenantId: 'acme' });
    return data;
  };

  it("count a call in each other's reports as soon as it is acknowledged", async () => {
    const { behind, ahead } = gateways;
    for (let count = 1; count <= 20; count++) {
      const [recorder, reader] = count % 2 === 0 ? [behind, ahead] : [ahead, behind];
      expect((await record(recorder.url, { requestId: `call ${count}` })).errors).toEqual([]);
      expect(await countAt(reader.url)).toMatchObject({ usage: { totals: { totalCalls: count } } });
    }
  });

  it("go by the database's clock in what is too far in the future", async () => {
    for (const [name, { url }] of Object.entries(gateways)) {
      const at = (aheadMs: number) => ({
        requestId: `${name} ${aheadMs}`,
        occurredAt: new Date(Date.now() + aheadMs).toISOString(),
      });
      expect((await record(url, at(4 * minuteMs))).errors).toEqual([]);
      expect((await record(url, at(10 * minuteMs))).errors).toMatchObject([
        { extensions: { code: 'VALIDATION_ERROR', field: 'occurredAt' } },
      ]);
    }
  });

  it("go by it in keys' ends", async () => {
    const { behind, ahead } = gateways;
    const created = await ask({ url: behind.url }, print(CreateApiKey), bearer(superuserKey), {
      tenantId: 'acme',
      input: { name: 'short', scopes: ['USAGE_READ'], expiresAt: new Date(Date.now() + 30 * minuteMs).toISOString() },
    });
    expect(created.errors).toEqual([]);
    const { createApiKey } = created.data as { createApiKey: { secret: string } };
    for (const { url } of [behind, ahead])
      expect(await ask({ url }, '{ viewer { role } }', bearer(createApiKey.secret))).toMatchObject({ errors: [] });
  });

  it('tell operators how far their clock is off, in the log and as a metric', async () => {
    for (const [{ output }, seconds] of [
      [gateways.behind, -2],
      [gateways.ahead, 3600],
    ] as const) {
      await vi.waitFor(() => expect(output().stderr).toMatch(/this machine's clock is off by/), 20_000);
      const metricsUrl = /"url":"([^"]+)"/.exec(output().stderr)?.[1] ?? '';
      const text = await (await fetch(`${metricsUrl}/metrics`)).text();
      const ahead = /^usage_gateway_clock_ahead_seconds (\S+)$/m.exec(text)?.[1];
      expect(Number(ahead)).toBeCloseTo(seconds, 0);
    }
  });
});
