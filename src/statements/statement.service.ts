import { Big } from 'big.js';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { audited } from '../audit/audited.ts';
import type { Principal } from '../caller/principal.ts';
import { inTransaction } from '../database/transaction.ts';
import { withoutTimeLimit } from '../database/work.ts';
import { holdUpCounting, turnRevision } from '../limits/budget.repository.ts';
import { aggregateUsage, type UsageRow } from '../reporting/usage.repository.ts';
import { cost } from '../rollup/measures.ts';
import { summaryColumns } from '../rollup/summary-columns.ts';
import type { Tenant } from '../tenancy/tenant.entity.ts';
import { findTenants } from '../tenancy/tenant.repository.ts';
import { noTenant } from '../tenancy/tenant.service.ts';
import { GatewayError, ValidationError } from '../values/errors.ts';
import type { LocalDate } from '../values/local-date.ts';
import { formatDecimal } from '../values/money.ts';
import { findCalendars, insertClosedMonth, markClosed } from './calendar.repository.ts';
import { monthOf, type StatementMonth } from './statement-month.ts';
import { insertLines, readAtLength, takeAdjustments, type StoredLine } from './statement.repository.ts';

/** Most models that a statement lists. */
export const mostLines = 10_000;

/** What the lines of a month are told apart by. */
export const lineDimensions = ['provider', 'model'] as const;

/**
 * Closes the statement of a month, so that it stays as it is; one that is closed already does not change.
 *
 * At first the month is marked, for which recording is held up for a moment: from then on whatever changes its calls
 * leaves an adjustment. Then, in one snapshot and beside all else that happens, its lines are stored and the adjustments
 * forgotten that the same snapshot has: exactly what comes later is left. A close that was interrupted in between is made
 * good by the next one.
 * @throws {ValidationError} on `month` before it has ended.
 * @throws {GatewayError} QUERY_TOO_COSTLY for more than 10,000 models.
 */
export async function closeStatement(
  em: SqlEntityManager,
  principal: Principal,
  tenant: Tenant,
  date: LocalDate,
  now: Date,
): Promise<void> {
  const found = await monthIn(em, tenant, date);
  if (found.closedAt) return;
  assertEnded(found, tenant, now);
  await fixMonth(em, tenant, date, now);
  await withoutTimeLimit(() =>
    audited(
      em,
      principal,
      now,
      async (em) => {
        await readAtLength(em);
        const month = await monthIn(em, tenant, date);
        if (month.closedAt) return { result: undefined, act: undefined };
        const details = await storeStatement(em, tenant, month, now);
        return {
          result: undefined,
          act: { action: 'statement.close', tenantId: tenant.id, target: month.month, details },
        };
      },
      { inOneSnapshot: true },
    ),
  );
}

async function monthIn(em: SqlEntityManager, tenant: Tenant, date: LocalDate): Promise<StatementMonth> {
  const [calendar] = await findCalendars(em, [tenant]);
  if (!calendar) throw noTenant(tenant.id);
  return monthOf(calendar, date);
}

function assertEnded({ month, to }: StatementMonth, { id }: Tenant, now: Date): void {
  if (now < to)
    throw new ValidationError(
      `The month ${month.slice(0, 7)} of '${id}' lasts until ${to.toISOString()}; only a month that has ended can be closed.`,
      'month',
    );
}

/** Fixes the borders of a month, and has everybody who changes its calls note that from now on. */
const fixMonth = (em: SqlEntityManager, { id }: Tenant, date: LocalDate, now: Date): Promise<void> =>
  inTransaction(em, async (em) => {
    const held = await holdUpCounting(em, id);
    const [tenant] = held ? await findTenants(em, [id]) : [];
    if (!tenant) throw noTenant(id);
    const month = await monthIn(em, tenant, date);
    assertEnded(month, tenant, now);
    await insertClosedMonth(em, id, month);
    await turnRevision(em, id);
  });

async function storeStatement(em: SqlEntityManager, tenant: Tenant, month: StatementMonth, now: Date) {
  const key = { tenantId: tenant.id, month: month.month };
  const query = { tenantId: tenant.id, from: month.from, to: month.to, filters: {} };
  const columns = summaryColumns.map(({ name }) => name);
  const page = { first: mostLines + 1, orderBy: 'COST_DESC' } as const;
  const [totals = [], groups = []] = await aggregateUsage(
    em,
    [
      { query, grouping: { by: 'total' }, columns },
      { query, grouping: { by: 'dimensions', dimensions: lineDimensions, ...page }, columns },
    ],
    Infinity,
  );
  if (totals instanceof Error) throw totals;
  if (groups instanceof Error) throw groups;
  const lines = linesOf(groups);
  const total = totals.find(({ stats }) => stats.calls > 0n);
  await insertLines(em, key, [...(total ? [{ provider: '', model: '', stats: total.stats }] : []), ...lines]);
  const adjustments = await takeAdjustments(em, key, { from: month.adjustedFrom, to: month.to });
  await markClosed(em, tenant.id, month.month, now);
  const totalCostUsd = total?.stats.usd(cost) ?? new Big(0);
  const totalUsd = adjustments.reduce((sum, { costUsd }) => sum.plus(costUsd), totalCostUsd);
  return {
    from: month.from.toISOString(),
    to: month.to.toISOString(),
    calls: Number(total?.stats.calls ?? 0n),
    adjustments: adjustments.length,
    totalUsd: formatDecimal(totalUsd),
  };
}

/** Groups by model as lines of a statement. @throws {GatewayError} for too many. */
export function linesOf(groups: readonly UsageRow[]): StoredLine[] {
  if (groups.length > mostLines)
    throw new GatewayError(
      'QUERY_TOO_COSTLY',
      `The month has more than ${mostLines.toLocaleString('en')} models, and a statement lists at most so many. Ask for groups of \`usage\` instead.`,
    );
  return groups.map(({ keys: [provider = '', model = ''], stats }) => ({ provider, model, stats }));
}
