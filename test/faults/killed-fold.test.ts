import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openDatabase } from '../../src/open-database.ts';
import type { Orm } from '../../src/database/orm.ts';
import { Totals } from '../acceptance/operations.ts';
import { foldAll } from '../reporting/folded.ts';
import { expectSummariesOfLedger } from '../rollup/expect-summaries.ts';
import { createTestDatabase, describeOnEachDatabase, type TestDatabase } from '../support/databases.ts';
import { startTestGateway, superuserKey } from '../support/gateway.ts';
import { ask, bearer } from '../web/requests.ts';
import { faults } from './fault-options.ts';
import { tenantId } from './recording-attempt.ts';
import { startRecordingClients } from './recording-clients.ts';
import { startServeProcess } from './serve-process.ts';

vi.setConfig({ testTimeout: faults.testTimeout });

/** Added before each start but the first, so that there is something to fold at once. */
const callsEach = 4_000;
/** Recorded, and how long it is waited then, before a kill. */
const mostCalls = 150;
const longestPauseMs = 300;

describeOnEachDatabase('a gateway that is killed while it records and folds', (kind) => {
  it('has every call in its reports and summaries, once', async () => {
    const database = await createTestDatabase(kind);
    onTestFinished(database.drop);
    let gateway = await startServeProcess(database.config);
    const { port } = new URL(gateway.url);
    const clients = startRecordingClients(gateway);
    const voids = startVoiding(gateway);

    const unfolded: number[] = [];
    for (let kill = 1; kill <= faults.kills; kill++) {
      await clients.progress(Math.ceil(Math.random() * mostCalls));
      await sleep(Math.random() * longestPauseMs);
      gateway.kill('SIGKILL');
      await gateway.ended;
      await withLedger(database, async (orm) => {
        await expectSummariesOfLedger(orm);
        unfolded.push(await unfoldedCalls(orm));
        await addCalls(orm, kill);
      });
      gateway = await startServeProcess(database.config, port);
    }
    await clients.progress(100);
    await Promise.all([clients.finish(), voids.finish()]);
    gateway.kill('SIGTERM');
    const { code, stderr } = await gateway.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { sent, acknowledged } = clients;
    process.stdout.write(
      `faults: fold killed [${kind}]: sent ${sent.size}, acknowledged ${acknowledged.size}, ` +
        `not folded at each kill: ${unfolded.join(', ')}\n`,
    );

    const quiet = await startTestGateway(kind, {
      database: { config: database.config, drop: async () => undefined },
      folding: false,
    });
    onTestFinished(() => quiet.close());
    const { orm } = quiet.database;
    const totals = await plainTotals(orm);
    await expectSummariesOfLedger(orm);
    expect(await quiet.ask(Totals, { tenantId })).toEqual({ usage: { totals } });
    await foldAll(orm, 5_000);
    await expectSummariesOfLedger(orm);
    expect(await quiet.ask(Totals, { tenantId })).toEqual({ usage: { totals } });
  });
});

/** Calls of 40 days, so that most are in summaries of every length, with durations and prices of all sizes. */
const addCalls = (orm: Orm, turn: number) =>
  orm.em.fork().execute(`
    with tenant as (insert into tenant (tenant_id, name) values ('${tenantId}', 'Faults') on conflict do nothing),
    mark as (insert into rollup_mark (tenant_id) values ('${tenantId}') on conflict do nothing),
    batch as (select gen_random_uuid() as id),
    waiting as (
      insert into unfolded (tenant_id, batch_id, calls) select '${tenantId}', id, ${callsEach} from batch
    )
    insert into usage_call (
      tenant_id, request_id, occurred_at, agent_id, provider, model, channel_id, input_tokens, output_tokens,
      cached_input_tokens, cache_write_tokens, reasoning_tokens, duration_ms, status, cost_usd, cost_source, content_hash,
      batch_id)
    select '${tenantId}', 'added-' || no, now() - (1 + no * 7919 % 57600) * interval '1 minute', 'agent-' || no % 3,
      'north', 'model-' || no % 2, 'web', no % 5000, no % 70, no % 5, 0, 0,
      case when no % 4 > 0 then no::bigint * no end, case when no % 9 = 0 then 'FAILED' else 'SUCCESS' end,
      no * 0.000001, 'CALLER', '', batch.id
    from batch, generate_series(${(turn - 1) * callsEach + 1}, ${turn * callsEach}) as no
    where no % 5000 >= 5`);

/** Works on a database that no gateway has. */
async function withLedger<Result>({ config }: TestDatabase, work: (orm: Orm) => Promise<Result>): Promise<Result> {
  const { orm, close } = await openDatabase(config);
  try {
    return await work(orm);
  } finally {
    await close();
  }
}

const voidOne = `mutation ($requestId: String!) {
  voidUsage(requestId: $requestId, tenantId: "${tenantId}", reason: "must not count") { requestId }
}`;

/** Voids one added call after another, whether summaries hold it or not; what breaks is left. */
function startVoiding(gateway: { url: string }): { finish(): Promise<void> } {
  const ending = new AbortController();
  const run = async () => {
    for (let no = 0; !ending.signal.aborted; no++) {
      const variables = { requestId: `added-${1 + ((no * 7) % callsEach)}` };
      await ask(gateway, voidOne, bearer(superuserKey), variables).catch(() => undefined);
      await sleep(10);
    }
  };
  const running = run();
  return {
    finish() {
      ending.abort();
      return running;
    },
  };
}

/** What the totals of a report have to say, of the ledger alone. */
async function plainTotals(orm: Orm) {
  const [row] = await orm.em.fork().execute<PlainTotals[]>(`
    select count(*)::int as "totalCalls", count(*) filter (where status = 'FAILED')::int as "failedCalls",
      trim_scale(sum(cost_usd))::text as "totalCostUsd", sum(input_tokens + output_tokens)::float8 as "totalTokens",
      sum(cached_input_tokens)::float8 as "cachedInputTokens", sum(reasoning_tokens)::float8 as "reasoningTokens",
      count(*) filter (where cost_usd is null)::int as "unpricedCalls"
    from usage_call where tenant_id = '${tenantId}' and voided_at is null`);
  if (!row) throw new Error('An aggregate has a row.');
  return row;
}

type PlainTotals = Record<
  'totalCalls' | 'failedCalls' | 'totalTokens' | 'cachedInputTokens' | 'reasoningTokens' | 'unpricedCalls',
  number
> & { totalCostUsd: string };

async function unfoldedCalls(orm: Orm): Promise<number> {
  const [row] = await orm.em.fork().execute<{ calls: number }[]>(`
    select coalesce(sum(calls), 0)::int as calls from unfolded`);
  return row?.calls ?? 0;
}
