import { afterAll, beforeAll, expect, it } from 'vitest';
import { fold } from '../../src/rollup/fold.service.ts';
import { optionalLevels } from '../../src/rollup/levels.ts';
import { rebuild } from '../../src/rollup/rebuild.service.ts';
import { giveLevels } from '../../src/rollup/weigh.service.ts';
import type { TenantId } from '../../src/values/identifier.ts';
import { CreateApiKey, RecordBatch, Reconcile, Void } from '../acceptance/operations.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { foldAll } from '../reporting/folded.ts';

const call = (no: number) => ({
  tenantId: no % 4 === 0 ? 'globex' : 'acme',
  requestId: `call-${no}`,
  occurredAt: new Date(Date.UTC(2026, no % 5, 1 + (no % 28), no % 24)).toISOString(),
  ...(no % 3 === 0 ? {} : { agentId: `agent-${no % 3}` }),
  provider: `provider-${no % 2}`,
  model: `model-${no % 5}`,
  inputTokens: no * 7,
  outputTokens: no,
  ...(no % 6 === 0 ? {} : { durationMs: no * no }),
  ...(no % 7 === 0 ? {} : { costUsd: `0.0${no}` }),
});
const calls = Array.from({ length: 150 }, (_, no) => call(no));

describeOnEachDatabase('reconciling', (kind) => {
  let gateway: TestGateway;
  const execute = (statement: string) => gateway.database.orm.em.fork().execute(statement);
  const reconcile = async (variables = {}) => (await gateway.ask(Reconcile, variables)).reconcile;

  beforeAll(async () => {
    gateway = await startTestGateway(kind, { folding: false });
    await gateway.ask(RecordBatch, { inputs: calls });
    const { orm } = gateway.database;
    await foldAll(orm);
    const every = optionalLevels.map(({ code }) => code);
    for (const id of ['acme', 'globex']) await giveLevels(orm.em.fork(), id as TenantId, async () => every);
    await gateway.ask(Void, { tenantId: 'acme', requestId: 'call-1', reason: 'folded before' });
    await gateway.ask(RecordBatch, { inputs: [{ ...call(301), requestId: 'not folded yet' }] });
  });
  afterAll(() => gateway.close());

  it('finds nothing, before as after what is pending is folded', async () => {
    const before = await reconcile();
    expect(before).toMatchObject({ differing: 0, differences: [] });
    expect(before.summaries).toBeGreaterThan(calls.length);
    await foldAll(gateway.database.orm);
    expect(await reconcile()).toMatchObject({ differing: 0 });
  });

  it.each([
    [
      'a wrong number',
      `update detail_summary set cost_usd = cost_usd + 0.000000001, calls = calls + 1
       where tenant_id = 'acme' and grain = 'DAY' and agent_id = 'agent-2'
         and starts_at = (select min(starts_at) from detail_summary where tenant_id = 'acme' and agent_id = 'agent-2' and grain = 'DAY')`,
      { tenantId: 'acme', grain: 'DAY', agentId: 'agent-2', columns: [{ name: 'calls' }, { name: 'cost_usd' }] },
    ],
    [
      'a sketch that lost a value',
      `update tenant_summary set input_sketch = substring(input_sketch from 7)
       where tenant_id = 'globex' and grain = 'MONTH' and starts_at = '2026-02-01T00:00:00Z'`,
      { tenantId: 'globex', grain: 'MONTH', agentId: null, columns: [{ name: 'input_sketch' }] },
    ],
    [
      'a summary that is missing',
      `delete from tenant_summary where tenant_id = 'acme' and grain = 'HOUR'
         and starts_at = (select min(starts_at) from tenant_summary where tenant_id = 'acme' and grain = 'HOUR')`,
      { tenantId: 'acme', grain: 'HOUR', columns: expect.arrayContaining([expect.objectContaining({ stored: null })]) },
    ],
    [
      'a summary of calls that there are not',
      `insert into tenant_summary select (jsonb_populate_record(summary, '{"starts_at": "2020-01-01T00:00:00Z"}')).*
       from tenant_summary summary where tenant_id = 'acme' and grain = 'DAY' limit 1`,
      {
        startsAt: '2020-01-01T00:00:00.000Z',
        grain: 'DAY',
        columns: expect.arrayContaining([expect.objectContaining({ name: 'calls', expected: null })]),
      },
    ],
    [
      'a summary of a level that the tenant does not have',
      `with small as (update rollup_mark set levels = array_remove(levels, 'AGENT_DAY') where tenant_id = 'globex'),
         gone as (delete from agent_summary where tenant_id = 'globex' and grain = 'DAY'
           and (starts_at, agent_id) <> ('2026-01-01T00:00:00Z', 'agent-2'))
       select`,
      { tenantId: 'globex', grain: 'DAY', agentId: 'agent-2', startsAt: '2026-01-01T00:00:00.000Z' },
    ],
  ])('names %s, and nothing else, until it is rebuilt', async (_what, plant, expected) => {
    await foldAll(gateway.database.orm);
    await execute(plant);
    const found = await reconcile();
    expect(found).toMatchObject({ differing: 1, differences: [expected] });
    const [{ tenantId } = { tenantId: '' }] = found.differences;
    expect(await reconcile({ tenantId: tenantId === 'acme' ? 'globex' : 'acme' })).toMatchObject({ differing: 0 });

    await rebuild(gateway.database.orm.em.fork(), tenantId as TenantId);
    expect(await reconcile()).toMatchObject({ differing: 0 });
  });

  it('counts what it does not show', async () => {
    await execute(`update tenant_summary set calls = calls + 1 where tenant_id = 'acme'`);
    const found = await reconcile({ first: 2 });
    expect(found.differences).toHaveLength(2);
    expect(found.differing).toBeGreaterThan(2);
    await rebuild(gateway.database.orm.em.fork(), 'acme' as TenantId);
  });

  it('is for superusers, who are told of a tenant that does not exist', async () => {
    const { createApiKey } = await gateway.ask(CreateApiKey, {
      tenantId: 'acme',
      input: { name: 'admin', role: 'TENANT_ADMIN' },
    });
    const asAdmin = await gateway.send(Reconcile, { tenantId: 'acme' }, createApiKey.secret);
    expect(asAdmin.errors[0]?.extensions.code).toBe('FORBIDDEN');
    const { errors } = await gateway.send(Reconcile, { tenantId: 'nobody' });
    expect(errors[0]?.extensions.code).toBe('NOT_FOUND');
  });

  it('finds a ledger that was rebuilt while calls came in to be right', async () => {
    const { orm } = gateway.database;
    const recording = (async () => {
      for (let no = 400; no < 700; no += 10)
        await gateway.ask(RecordBatch, { inputs: Array.from({ length: 10 }, (_, more) => call(no + more)) });
    })();
    for (const id of ['acme', 'globex', 'acme']) await rebuild(orm.em.fork(), id as TenantId);
    await recording;
    await fold(orm.em.fork(), 100_000);
    expect(await reconcile()).toMatchObject({ differing: 0 });
  });
});
