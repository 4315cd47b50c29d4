import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { operator } from '../../src/caller/principal.ts';
import { forgetSome, keepSummaries } from '../../src/retention/retention.service.ts';
import { fold } from '../../src/rollup/fold.service.ts';
import { rebuild } from '../../src/rollup/rebuild.service.ts';
import type { TenantId } from '../../src/values/identifier.ts';
import { Reconcile, Void } from '../acceptance/operations.ts';
import { differences } from '../reporting/differences.ts';
import { foldAll } from '../reporting/folded.ts';
import { givenSeed, runs } from '../reporting/property-options.ts';
import { now, randomCalls, tenants } from '../reporting/random-calls.ts';
import { recordAll, startRecordedGateway } from '../reporting/recorded-gateway.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import type { TestGateway } from '../support/gateway.ts';
import type { RecordedCall } from '../support/oracle.ts';
import {
  asAsked,
  documentOf,
  expectedAnswer,
  isToBeAnswered,
  randomQuestion,
  variablesOf,
  type Question,
} from './random-questions.ts';

const seed = givenSeed ?? Math.floor(Math.random() * 2 ** 31);
const recorded = randomCalls(450, seed);
const zoneOf = (tenantId: string) => tenants.find(({ id }) => id === tenantId)?.timezone ?? 'UTC';

/** Horizons of tenants one after another; the last tenant keeps everything. */
const stages: Record<string, string>[] = [
  { Acme: '2012-01-01', acme: '2025-04-01' },
  { Acme: '2025-04-01', berlin: '2024-11-01', Zürich: '2011-12-01' },
  { Acme: '2026-01-01', acme: '2026-01-01', Zürich: '2026-04-01' },
];

describeOnEachDatabase(`reports of tenants whose calls have left the ledger (seed ${seed})`, (kind) => {
  let gateway: TestGateway;
  /** All calls that count, wherever they are by now. */
  let calls: readonly RecordedCall[] = recorded;
  const horizons = new Map<string, Date>();

  beforeAll(async () => {
    gateway = await startRecordedGateway(kind, recorded);
  }, 600_000);
  afterAll(() => gateway?.close());

  const em = () => gateway.database.orm.em.fork();

  /** The answer to a question, or the refusal that it gets. */
  async function answerTo(question: Question) {
    const { data, errors } = await gateway.send<{ usage: Record<string, unknown> }, object>(
      documentOf(question),
      variablesOf(question),
    );
    const [error] = errors;
    return error ? { refusal: error } : { answer: Object.values(data.usage)[0] };
  }

  async function check(question: Question): Promise<'answered' | 'refused'> {
    const { answer, refusal } = await answerTo(question);
    if (refusal === undefined) {
      expect([question, differences(answer, asAsked(expectedAnswer(calls, question), answer))]).toEqual([question, []]);
      return 'answered';
    }
    const horizon = horizons.get(question.tenantId);
    expect([question, refusal.message, refusal.extensions]).toEqual([
      question,
      expect.stringContaining(String(horizon?.toISOString())),
      { code: 'BEYOND_RETENTION', field: 'from', completeFrom: horizon?.toISOString() },
    ]);
    expect(question.from).toBeLessThan(horizon?.getTime() ?? -Infinity);
    expect([question, isToBeAnswered(question, zoneOf(question.tenantId))]).toEqual([question, false]);
    return 'refused';
  }

  async function checkQuestions(count: number): Promise<void> {
    const outcomes = { answered: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(randomQuestion(recorded, zoneOf), async (question) => {
        outcomes[await check(question)]++;
      }),
      { ...runs<[Question]>(count), endOnFailure: true },
    );
    expect(Math.min(outcomes.answered, outcomes.refused)).toBeGreaterThan(0);
  }

  const differing = async () => (await gateway.ask(Reconcile, { first: 5 })).reconcile.differences;

  it('are exact or refused by name, whatever has left and is still being deleted', { timeout: 900_000 }, async () => {
    for (const [no, stage] of stages.entries()) {
      for (const [tenantId, date] of Object.entries(stage)) {
        const horizon = new Date(date);
        await keepSummaries(em(), operator, { tenantId: tenantId as TenantId, horizon, isKept: false }, new Date(now));
        horizons.set(tenantId, horizon);
        // Some are left, and are there when the next ones leave.
        await forgetSome(em(), tenantId as TenantId, 20);
      }
      await checkQuestions(60);
      // What comes afterwards changes what the ledger holds, and nothing of what has left.
      const added = randomCalls(80, seed + 1 + no)
        .map((call) => ({ ...call, requestId: `stage-${no}-${call.requestId}` }))
        .filter((call) => call.occurredAt >= (horizons.get(call.tenantId)?.getTime() ?? -Infinity));
      await recordAll(gateway, added);
      calls = [...calls, ...added];
      if (no !== 1) await fold(em(), 100_000);
      for (const { tenantId, requestId } of added.filter((_call, index) => index % 4 === 0)) {
        await gateway.ask(Void, { tenantId, requestId, reason: 'must not count' });
        calls = calls.filter((call) => call.requestId !== requestId);
      }
      await checkQuestions(60);
      await foldAll(gateway.database.orm);
      expect(await differing()).toEqual([]);
    }
    for (const tenantId of horizons.keys()) while ((await forgetSome(em(), tenantId as TenantId, 50)) > 0);
    for (const [tenantId, horizon] of horizons) {
      const rows = await em().execute<{ first: Date }[]>(
        'select min(occurred_at) as first from usage_call where tenant_id = ?',
        [tenantId],
      );
      expect(new Date(rows[0]?.first ?? 0).getTime()).toBeGreaterThanOrEqual(horizon.getTime());
      await rebuild(em(), tenantId as TenantId);
    }
    await checkQuestions(100);
    expect(await differing()).toEqual([]);
  });
});
