import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../src/open-database.ts';
import type { Orm } from '../../src/database/orm.ts';
import { aggregateUsage } from '../../src/reporting/usage.repository.ts';
import { horizonOf } from '../../src/retention/horizon.ts';
import { reconcile } from '../../src/rollup/reconcile.service.ts';
import type { TenantId } from '../../src/values/identifier.ts';
import { foldAll } from '../reporting/folded.ts';
import { createTestDatabase, describeOnEachDatabase, type TestDatabase } from '../support/databases.ts';
import { runCli, startCli } from './gateway-process.ts';

const acme = 'acme' as TenantId;
const dayMs = 86_400_000;
const count = 24_000;

/** Calls of 400 days, in two batches. */
const addCalls = (orm: Orm) =>
  orm.em.fork().execute(`
    with tenant as (insert into tenant (tenant_id, name) values ('acme', 'Acme')),
    mark as (insert into rollup_mark (tenant_id) values ('acme')),
    batch as (select no, gen_random_uuid() as id from generate_series(0, 1) as no),
    waiting as (
      insert into unfolded (tenant_id, batch_id, calls) select 'acme', id, ${count / 2} from batch
    )
    insert into usage_call (
      tenant_id, request_id, occurred_at, agent_id, provider, model, channel_id, input_tokens, output_tokens,
      cached_input_tokens, cache_write_tokens, reasoning_tokens, status, cost_usd, cost_source, content_hash, batch_id)
    select 'acme', 'call-' || call, now() - call * interval '24 minutes', 'agent-' || call % 3,
      'north', 'model-' || call % 2, 'web', call % 5000, call % 70, 0, 0, 0, 'SUCCESS', call * 0.000001, 'CALLER', '', batch.id
    from generate_series(1, ${count}) as call join batch on batch.no = call % 2`);

async function onDatabase<Result>({ config }: TestDatabase, work: (orm: Orm) => Promise<Result>): Promise<Result> {
  const { orm, close } = await openDatabase(config);
  try {
    return await work(orm);
  } finally {
    await close();
  }
}

/** Costs of whole days by agent, and how many calls are in the ledger. */
const reported = (orm: Orm) =>
  orm.em.fork().transactional(async (em) => {
    const to = new Date(Math.ceil(Date.now() / dayMs) * dayMs);
    const query = { tenantId: acme, from: new Date(to.getTime() - 420 * dayMs), to, filters: {} };
    const grouping = {
      by: 'dimensions',
      dimensions: ['agentId', 'model'],
      first: 100,
      orderBy: 'NAME_ASC',
    } as const;
    const [rows = []] = await aggregateUsage(em, [{ query, grouping, columns: ['calls', 'cost_usd'] }], Infinity);
    if (rows instanceof Error) throw rows;
    return rows.map(({ keys, stats }) => [...keys, stats.sum(['calls']).toFixed(), stats.sum(['cost_usd']).toFixed()]);
  });

const ledger = async (orm: Orm) => {
  const [row] = await orm.em.fork().execute<{ calls: number }[]>('select count(*)::int as calls from usage_call');
  return row?.calls ?? 0;
};

describeOnEachDatabase('usage-gateway retain', (kind) => {
  it('says what would leave, and has it leave, however often it is killed', { timeout: 300_000 }, async () => {
    const database = await createTestDatabase(kind);
    onTestFinished(database.drop);
    const { config } = database;
    const env: Record<string, string> = {
      ...(config.databaseUrl ? { DATABASE_URL: config.databaseUrl } : { DATA_DIR: config.dataDir }),
      RETENTION_DAYS: '60',
    };
    const horizon = horizonOf(new Date(), 60);
    const { before, leaving } = await onDatabase(database, async (orm) => {
      await addCalls(orm);
      const [row] = await orm.em
        .fork()
        .execute<{ calls: number }[]>('select count(*)::int as calls from usage_call where occurred_at < ?', [horizon]);
      return { before: await reported(orm), leaving: row?.calls ?? 0 };
    });
    const shown = leaving.toLocaleString('en-US');

    expect(await runCli(['retain', '--dry-run'], env)).toMatchObject({
      code: 0,
      stdout: `acme: ${shown} calls from before ${horizon.toISOString()} would leave the ledger\n`,
    });
    expect(await runCli(['retain', '--tenant', 'nobody'], env)).toMatchObject({
      code: 1,
      stderr: "There is no tenant 'nobody'.\n",
    });
    await onDatabase(database, async (orm) => {
      expect([await ledger(orm), await reported(orm)]).toEqual([count, before]);
      const marks = await orm.em.fork().execute('select accepts_from, complete_from from rollup_mark');
      expect(marks).toEqual([{ accepts_from: null, complete_from: null }]);
    });

    const left: number[] = [];
    for (let end: number | null = null, tries = 0; end === null; tries++) {
      const run = startCli(['retain'], env);
      if (tries < 4) await sleep(500 * (1 + tries));
      // Amid deleting, unless that was done before.
      else if (tries < 8) await run.waitFor(/deleting|No calls are older/).then(() => sleep(25 * (tries - 4)));
      if (tries < 8) run.kill('SIGKILL');
      ({ code: end } = await run.ended);
      await onDatabase(database, async (orm) => {
        left.push(await ledger(orm));
        expect(await reported(orm)).toEqual(before);
      });
    }
    expect(left.at(-1)).toBe(count - leaving);
    expect(await runCli(['retain'], env)).toMatchObject({
      code: 0,
      stdout: 'No calls are older than they are kept for.\n',
    });
    await onDatabase(database, async (orm) => {
      await foldAll(orm);
      expect(await reported(orm)).toEqual(before);
      expect(await reconcile(orm.em.fork(), [acme], 5)).toMatchObject({ differing: 0 });
    });
    process.stdout.write(`retain killed [${kind}]: calls in the ledger after each run: ${left.join(', ')}\n`);
  });
});
