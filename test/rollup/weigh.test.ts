import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fold } from '../../src/rollup/fold.service.ts';
import { fewestWeighed, levelsThatPay } from '../../src/rollup/levels-that-pay.ts';
import { isLocal, optionalLevels, type OptionalLevel } from '../../src/rollup/levels.ts';
import { clockOf } from '../../src/rollup/local-clock.ts';
import { rebuild } from '../../src/rollup/rebuild.service.ts';
import { findUnweighed } from '../../src/rollup/weigh.repository.ts';
import { weigh } from '../../src/rollup/weigh.service.ts';
import type { TenantId } from '../../src/values/identifier.ts';
import { CreateTenant, RecordBatch, UpdateTenant, WholeReport } from '../acceptance/operations.ts';
import { foldAll } from '../reporting/folded.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { expectSummariesOfLedger } from './expect-summaries.ts';

const every = optionalLevels.map(({ code }) => code);
/** Of a tenant whose days are those of UTC. */
const everyInUtc = optionalLevels.flatMap(({ code, grain }) => (isLocal(grain) ? [] : [code]));
const [berlin, utc] = [clockOf('Europe/Berlin'), clockOf('UTC')];
const rowsEach = (rows: number) =>
  Object.fromEntries(every.map((code) => [code, rows])) as Record<OptionalLevel, number>;

describe('optional levels', () => {
  it('are made where a row sums up ten calls, and kept down to five', () => {
    const weightOf = (callsARow: number) => ({ calls: callsARow * 1_000, rows: rowsEach(1_000) });
    // Days by model are for reports over all tenants.
    expect(levelsThatPay([], weightOf(9.9), berlin)).toEqual(['MODEL_DAY']);
    expect(levelsThatPay([], weightOf(10), berlin)).toEqual(every);
    expect(levelsThatPay([], weightOf(10), utc)).toEqual(everyInUtc);
    expect(levelsThatPay(['AGENT_DAY'], weightOf(5), berlin)).toEqual(['AGENT_DAY', 'MODEL_DAY']);
    expect(levelsThatPay(every, weightOf(4.9), berlin)).toEqual(['MODEL_DAY']);
  });

  it('are those of the tags with the fewest rows, eight at most', () => {
    const rows = Object.fromEntries(
      Array.from({ length: 12 }, (_, no) => [`TAG:t${no}_DAY`, no === 3 ? 1_001 : 1_000 - no] as const),
    );
    const kept = [11, 10, 9, 8, 7, 6, 5, 4].map((no) => `TAG:t${no}_DAY`);
    expect(levelsThatPay([], { calls: 10_000, rows }, utc).toSorted()).toEqual(['MODEL_DAY', ...kept.toSorted()]);
  });

  it('stay as they are for a tenant of few calls', () => {
    expect(levelsThatPay(['TENANT_HOUR'], { calls: fewestWeighed - 1, rows: rowsEach(1) }, utc)).toEqual([
      'TENANT_HOUR',
    ]);
  });
});

/** A call a minute of one agent and model, or one a day of many. */
const dense = (no: number) => ({
  occurredAt: new Date(Date.UTC(2026, 0, 1, 0, no)).toISOString(),
  agentId: 'agent-1',
  userId: 'ada',
  // Every call has a run of its own: summaries by it would be as many as the calls.
  tags: { run: `run-${no}`, ...(no % 3 === 0 ? {} : { team: `team-${no % 3}` }) },
});
const sparse = (no: number) => ({
  occurredAt: new Date(Date.UTC(2022, 0, 1 + no)).toISOString(),
  agentId: `agent-${no % 40}`,
});

describeOnEachDatabase('a tenant that is weighed', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway(kind, { folding: false });
  });
  afterAll(() => gateway.close());

  const record = async (tenantId: string, count: number, of: (no: number) => object, from = 0) => {
    const calls = Array.from({ length: count }, (_, index) => ({
      tenantId,
      requestId: `call-${from + index}`,
      provider: 'north',
      model: 'large',
      inputTokens: 7,
      outputTokens: index,
      ...of(from + index),
    }));
    for (let no = 0; no < count; no += 500) await gateway.ask(RecordBatch, { inputs: calls.slice(no, no + 500) });
  };
  const levelsOf = async (tenantId: string) => {
    const [mark] = await gateway.database.orm.em
      .fork()
      .execute<{ levels: OptionalLevel[] }[]>(`select levels from rollup_mark where tenant_id = '${tenantId}'`);
    return mark?.levels;
  };

  it('has the levels that pay for its latest calls, made of what is folded', async () => {
    const { orm } = gateway.database;
    await record('dense', fewestWeighed, dense);
    await record('sparse', fewestWeighed, sparse);
    await foldAll(orm);
    await record('dense', 100, dense, fewestWeighed);
    for (const id of ['dense', 'sparse']) await weigh(orm.em.fork(), id as TenantId);
    expect(await levelsOf('dense')).toEqual([...everyInUtc, 'TAG:team_DAY', 'TAG:team_MONTH']);
    expect(await levelsOf('sparse')).toEqual(['MODEL_DAY']);
    await expectSummariesOfLedger(orm);
    await foldAll(orm);
    await expectSummariesOfLedger(orm);
  });

  it('loses those that pay no longer, and is weighed again when it is rebuilt', async () => {
    const { orm } = gateway.database;
    await orm.em
      .fork()
      .execute(`update rollup_mark set levels = '{TENANT_HOUR,DETAIL_DAY}' where tenant_id = 'sparse'`);
    await rebuild(orm.em.fork(), 'sparse' as TenantId);
    expect(await levelsOf('sparse')).toEqual(['MODEL_DAY']);
    await expectSummariesOfLedger(orm);
  });

  it('has days at its own midnight, made anew when its time zone changes; reports are right in between', async () => {
    const { orm } = gateway.database;
    const local: readonly OptionalLevel[] = ['TENANT_LOCAL_DAY', 'TENANT_LOCAL_MONTH'];
    const zone = { id: 'moving', timezone: 'Asia/Kathmandu' };
    await gateway.ask(CreateTenant, { input: { ...zone, name: 'Moving' } });
    // Ten a day in the hour around midnight in Kathmandu, which are thin hours.
    const aroundMidnight = (no: number) => ({
      occurredAt: new Date(Date.UTC(2026, 0, 1 + Math.floor(no / 20), 18, (no % 20) * 3)).toISOString(),
    });
    await record('moving', 2 * fewestWeighed, aroundMidnight);
    await foldAll(orm);
    const days = async (timezone: string) => {
      const { usage } = await gateway.ask(WholeReport, {
        tenantId: 'moving',
        from: '2026-01-04T18:15:00Z',
        to: '2026-01-07T18:15:00Z',
        bucket: 'DAY',
        timezone,
      });
      return usage.buckets.map(({ stats }) => stats.totalCalls);
    };
    const expected = { 'Asia/Kathmandu': [20, 20, 20], 'America/New_York': [15, 20, 20, 5] };
    const expectDays = async () => {
      for (const [timezone, counts] of Object.entries(expected)) expect(await days(timezone)).toEqual(counts);
    };
    await weigh(orm.em.fork(), 'moving' as TenantId);
    expect(await levelsOf('moving')).toEqual(expect.arrayContaining([...local]));
    await expectSummariesOfLedger(orm);
    await expectDays();
    await gateway.ask(UpdateTenant, { id: 'moving', input: { timezone: 'America/New_York' } });
    await expectDays();
    expect(await findUnweighed(orm.em.fork(), 100)).toContain('moving');
    await weigh(orm.em.fork(), 'moving' as TenantId);
    expect(await findUnweighed(orm.em.fork(), 100)).not.toContain('moving');
    await expectSummariesOfLedger(orm);
    await expectDays();
    await record('moving', 40, aroundMidnight, 2 * fewestWeighed);
    await foldAll(orm);
    await expectSummariesOfLedger(orm);
    await gateway.ask(UpdateTenant, { id: 'moving', input: { timezone: 'UTC' } });
    await rebuild(orm.em.fork(), 'moving' as TenantId);
    expect(await levelsOf('moving')).not.toEqual(expect.arrayContaining([local[0]]));
    await expectSummariesOfLedger(orm);
    await expectDays();
  });

  it('is to be weighed when its folded calls have doubled', async () => {
    const { orm } = gateway.database;
    const grownBy = async (calls: number, from: number) => {
      await record('grown', calls, dense, from);
      return (await fold(orm.em.fork(), 10_000)).grown;
    };
    expect(await grownBy(fewestWeighed - 1, 0)).toEqual([]);
    expect(await grownBy(1, fewestWeighed - 1)).toEqual(['grown']);
    await weigh(orm.em.fork(), 'grown' as TenantId);
    expect(await grownBy(fewestWeighed - 1, fewestWeighed)).toEqual([]);
    expect(await grownBy(1, 2 * fewestWeighed - 1)).toEqual(['grown']);
  });
});
