import { hash } from 'node:crypto';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { audited } from '../audit/audited.ts';
import type { Principal } from '../caller/principal.ts';
import { withoutTimeLimit } from '../database/work.ts';
import { findBudgets, holdBudgets } from '../limits/budget.repository.ts';
import { periodAt } from '../limits/budget-period.ts';
import { moveCounts, noteReached } from '../limits/counter.repository.ts';
import { touches } from '../limits/touched-budgets.ts';
import type { CostSource } from '../pricing/cost-source.type.ts';
import { modelPriceRevision } from '../pricing/model-price.repository.ts';
import { PriceBook } from '../pricing/price-book.ts';
import type { Call } from '../recording/call.entity.ts';
import { findCalls } from '../recording/call.repository.ts';
import { noteAdjustments } from '../recording/closed-months.repository.ts';
import { findHorizon, holdHorizon } from '../recording/horizon.repository.ts';
import { pricedFieldsOf } from '../recording/priced-cost.ts';
import { assertInLedger } from '../reporting/beyond-retention.repository.ts';
import { listCallsOldestFirst } from '../reporting/ledger.repository.ts';
import type { UsageFilters } from '../reporting/query/report-query.ts';
import { lockTenantSummaries, renewSummaries } from '../rollup/fold.repository.ts';
import { noteLedgerChanges } from '../rollup/ledger-version.repository.ts';
import { GatewayError, ValidationError } from '../values/errors.ts';
import { freeTextProblem } from '../values/free-text.ts';
import type { TenantId } from '../values/identifier.ts';
import { formatDecimal, type Decimal } from '../values/money.ts';
import { Sum, type RepriceResult } from './reprice-result.ts';
import {
  applyChanges,
  findJob,
  forgetJob,
  liftTimeLimit,
  listChanges,
  repricedCalls,
  saveStep,
  type Change,
  type Job,
  type JobKey,
} from './reprice.repository.ts';

export type RepriceScope = 'UNPRICED' | 'CATALOGUE' | 'ALL_BUT_CALLER';

/** Which calls are priced again, and why. */
export interface Reprice {
  tenantId: TenantId;
  from: Date;
  to: Date;
  scope: RepriceScope;
  filters: UsageFilters;
  reason: string;
}

const sourcesOf: Record<RepriceScope, readonly CostSource[]> = {
  UNPRICED: ['UNPRICED'],
  CATALOGUE: ['CATALOGUE'],
  ALL_BUT_CALLER: ['UNPRICED', 'CATALOGUE', 'TENANT_PRICE', 'PLATFORM_PRICE'],
};

const mostChanges = 1_000_000;
const callsAStep = 1000;
const maxReasonLength = 1000;

/**
 * What a repricing would change, at the prices of now. Nothing is stored.
 * @throws {BeyondRetentionError} on `from`.
 */
export async function previewRepricing(em: SqlEntityManager, asked: Reprice): Promise<RepriceResult> {
  await assertInLedger(em, asked.tenantId, asked, await findHorizon(em, asked.tenantId));
  const sum = new Sum(true);
  const book = new PriceBook();
  for await (const { changes } of pricedPages(em, book, asked, undefined)) sum.add(changes);
  return sum;
}

/**
 * Prices recorded calls again and keeps what they cost before. It is prepared in committed steps, and applied in one
 * transaction together with the summaries and the budgets that count the costs, so that no report sees a half of it. The
 * same request again goes on with what was prepared.
 * @throws {ValidationError} on `reason`, or when more than 1,000,000 costs would change.
 * @throws {BeyondRetentionError} on `from`, where calls have left the ledger or are about to.
 */
export async function reprice(
  em: SqlEntityManager,
  principal: Principal,
  asked: Reprice,
  now: Date,
): Promise<RepriceResult> {
  const problem = freeTextProblem(asked.reason, maxReasonLength);
  if (problem) throw new ValidationError(`'reason' ${problem}`, 'reason');
  await assertInLedger(em, asked.tenantId, asked, await findHorizon(em, asked.tenantId));
  const key: JobKey = { tenantId: asked.tenantId, jobId: hash('sha256', JSON.stringify(asked)) };
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    const job = await prepare(em, key, asked);
    const result = await apply(em, principal, { key, job, asked }, now);
    if (result) return result;
    await forgetJob(em, key);
  }
  throw new GatewayError('OVERLOADED', 'The prices keep changing. Try again.');
}

const mostAttempts = 3;

async function prepare(em: SqlEntityManager, key: JobKey, asked: Reprice): Promise<Job> {
  const found = await findJob(em, key);
  const revision = await modelPriceRevision(em);
  if (found && found.priceRevision !== revision) await forgetJob(em, key);
  let job: Job =
    found?.priceRevision === revision
      ? found
      : { priceRevision: revision, after: undefined, changes: 0, prepared: false };
  const book = new PriceBook();
  for await (const { changes, last } of pricedPages(em, book, asked, job)) {
    job = { ...job, after: last, changes: job.changes + changes.length };
    if (job.changes > mostChanges) {
      await forgetJob(em, key);
      throw new ValidationError(
        `More than ${mostChanges.toLocaleString('en')} costs would change; reprice a shorter window at a time`,
        'from',
      );
    }
    await saveStep(em, key, job, changes);
  }
  if (!job.prepared) await saveStep(em, key, { ...job, prepared: true }, []);
  return { ...job, prepared: true };
}

/** Calls whose cost is another one at the prices of now, by pages of the ledger behind what a job has looked at. */
async function* pricedPages(
  em: SqlEntityManager,
  book: PriceBook,
  { tenantId, from, to, scope, filters }: Reprice,
  job: Job | undefined,
): AsyncGenerator<{ changes: Change[]; last: Job['after'] }> {
  if (job?.prepared) return;
  const costSource = sourcesOf[scope].filter((source) => filters.costSource?.includes(source) ?? true);
  let after = job?.after;
  for (;;) {
    const page = { first: callsAStep, after };
    const calls = await listCallsOldestFirst(em.fork(), tenantId, { from, to }, { ...filters, costSource }, page);
    const counted = calls.filter(({ voidedAt }) => !voidedAt);
    const { costs } = await book.priceAll(em.fork(), counted);
    const changes = counted.flatMap((call, index): Change[] => {
      const cost = costs[index];
      return cost && differs(call, cost) ? [{ call, cost: pricedFieldsOf(cost) }] : [];
    });
    const last = calls.at(-1) ?? after;
    yield { changes, last };
    if (calls.length < callsAStep) return;
    after = last;
  }
}

function differs(
  call: Call,
  cost: { costUsd: Decimal | null; costSource: CostSource; priceId: string | null },
): boolean {
  const text = (amount: Decimal | null | undefined) => (amount ? formatDecimal(amount) : null);
  return (
    text(call.costUsd) !== text(cost.costUsd) ||
    call.costSource !== cost.costSource ||
    (call.priceId ?? null) !== cost.priceId
  );
}

/** Undefined when the prices have changed since the costs were computed. */
const apply = (
  em: SqlEntityManager,
  principal: Principal,
  { key, job, asked }: { key: JobKey; job: Job; asked: Reprice },
  now: Date,
): Promise<RepriceResult | undefined> =>
  withoutTimeLimit(() =>
    audited<RepriceResult | undefined>(em, principal, now, async (em) => {
      await liftTimeLimit(em);
      const summaries = await lockTenantSummaries(em, key.tenantId);
      await holdBudgets(em, key.tenantId);
      if (!summaries || (await modelPriceRevision(em)) !== job.priceRevision)
        return { result: undefined, act: undefined };
      await assertInLedger(em, key.tenantId, asked, await holdHorizon(em, key.tenantId));
      const budgets = await findBudgets(em, key.tenantId);
      const sum = new Sum(false);
      let last = '';
      for (;;) {
        const requestIds = await listChanges(em, key, last, callsAStep);
        const keys = requestIds.map((requestId) => ({ tenantId: key.tenantId, requestId }));
        // As they are now: reading them again changes what was read before.
        const before = new Map((await findCalls(em, keys)).map((call) => [call.requestId, { ...call }]));
        const changed = await applyChanges(em, key, requestIds, asked.reason);
        const after = await findCalls(em, changed.map(toKey(key.tenantId)));
        const pairs = after.flatMap((call) => {
          const old = before.get(call.requestId);
          return old ? [{ old, call }] : [];
        });
        for (const { old, call } of pairs) sum.addOne(old.costUsd ?? null, call.costUsd ?? null);
        const [gone, come] = [pairs.map(({ old }) => old), pairs.map(({ call }) => call)];
        const touched = (calls: readonly Call[]) => calls.flatMap((call) => touches(budgets, call));
        await moveCounts(em, touched(gone), touched(come));
        await noteAdjustments(em, key.tenantId, { gone, come, reason: 'repricing', at: now });
        if (requestIds.length < callsAStep) break;
        last = requestIds.at(-1) ?? last;
      }
      // Only when all hours are priced is it known what is usual.
      for (const budget of budgets)
        if (budget.spikeFloor && sum.calls > 0) await noteReached(em, budget, periodAt(budget, now).start);
      await renewSummaries(em, key.tenantId, summaries.levels, repricedCalls(key));
      if (sum.calls > 0) await noteLedgerChanges(em, key.tenantId, 1);
      await forgetJob(em, key);
      const { tenantId, from, to, scope, filters, reason } = asked;
      const details = {
        from: from.toISOString(),
        to: to.toISOString(),
        scope,
        filters,
        reason,
        calls: sum.calls,
        costBeforeUsd: formatDecimal(sum.costBeforeUsd),
        costAfterUsd: formatDecimal(sum.costAfterUsd),
      };
      return { result: sum, act: { action: 'usage.reprice', tenantId, target: tenantId, details } };
    }),
  );

const toKey = (tenantId: TenantId) => (requestId: string) => ({ tenantId, requestId });
