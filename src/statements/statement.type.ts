import { Big } from 'big.js';
import type { GraphQLResolveInfo } from 'graphql';
import { Temporal } from 'temporal-polyfill';
import { targetTenant } from '../caller/principal.ts';
import type { RequestContext } from '../caller/request-context.ts';
import { forkForPlatform } from '../database/session.ts';
import { builder } from '../graphql/builder.ts';
import { askedColumns } from '../reporting/query/asked-columns.ts';
import { inTurn } from '../reporting/report-gate.ts';
import { loadGroups, loadTotals } from '../reporting/usage.loader.ts';
import { noUsage, type UsageStats } from '../reporting/usage-stats.ts';
import { UsageStatsRef } from '../reporting/usage-stats.type.ts';
import { callCount, cost } from '../rollup/measures.ts';
import type { Tenant } from '../tenancy/tenant.entity.ts';
import { tenantLoader } from '../tenancy/tenant.loader.ts';
import { TenantRef } from '../tenancy/tenant.type.ts';
import type { LocalDate } from '../values/local-date.ts';
import { readRequired } from '../values/unreadable.ts';
import { adjustmentLoader, calendarLoader, lineLoader } from './statement.loader.ts';
import { monthOf, type StatementMonth } from './statement-month.ts';
import type { Adjustment, StoredLine } from './statement.repository.ts';
import { closeStatement, lineDimensions, linesOf, mostLines } from './statement.service.ts';

interface Statement {
  tenant: Tenant;
  month: StatementMonth;
}

const StatementLineRef = builder.objectRef<StoredLine>('StatementLine').implement({
  description: 'What the calls of one model add up to in a month.',
  fields: (t) => ({
    provider: t.exposeString('provider', { description: 'The provider; "unknown" for calls that named none.' }),
    model: t.exposeString('model', { description: 'The model; "unknown" for calls that named none.' }),
    stats: t.expose('stats', { type: UsageStatsRef, description: 'Totals of its calls.' }),
  }),
});

const AdjustmentRef = builder.objectRef<Adjustment>('Adjustment').implement({
  description:
    'What changed of a closed month after it was closed, added up by month, provider, model and reason, in the statement of the month in which it happened.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'When the last of the changes happened.' }),
    month: t.field({
      type: 'LocalDate',
      description: 'First date of the closed month whose calls changed.',
      resolve: ({ month }) => Temporal.PlainDate.from(month),
    }),
    reason: t.exposeString('reason', {
      description:
        '"late calls": recorded after the close; "void": voided; "replaced": later snapshots took the place of calls; "repricing": costs were computed again.',
    }),
    provider: t.exposeString('provider', { description: 'Provider of the calls.' }),
    model: t.exposeString('model', { description: 'Model of the calls.' }),
    calls: t.expose('calls', {
      type: 'SafeInt',
      description: 'How many calls the closed month has more; negative for fewer.',
    }),
    costUsd: t.field({
      type: 'Decimal',
      description: 'How much more they cost in USD; negative for less.',
      resolve: ({ costUsd }) => new Big(costUsd),
    }),
  }),
});

const StatementRef = builder.objectRef<Statement>('Statement').implement({
  description:
    "A month of a tenant, on the clock that the tenant had: what its calls cost by model, and what changed meanwhile of months closed before. Over all months, `totalUsd` adds up to the tenant's report exactly.",
  fields: (t) => ({
    tenant: t.expose('tenant', { type: TenantRef, description: 'The tenant.' }),
    month: t.field({
      type: 'LocalDate',
      description: 'First date of the month.',
      resolve: ({ month }) => Temporal.PlainDate.from(month.month),
    }),
    from: t.field({
      type: 'DateTime',
      description: 'Begin of the month. A report from here to `to` is the same, but for what changed after the close.',
      resolve: ({ month }) => month.from,
    }),
    to: t.field({ type: 'DateTime', description: 'End of the month, exclusive.', resolve: ({ month }) => month.to }),
    closedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was closed, and from when on it stays as it is; null while it is open.',
      resolve: ({ month }) => month.closedAt,
    }),
    totals: t.field({
      type: UsageStatsRef,
      description: 'Totals of the calls of the month: when it was closed, or now.',
      resolve: (statement, _args, context, info) => totalsOf(statement, context, askedColumns(info)),
    }),
    lines: t.field({
      type: [StatementLineRef],
      description: 'The same by provider and model, those that cost most first; at most 10,000.',
      resolve: (statement, _args, context, info) => loadLines(statement, context, info),
    }),
    adjustments: t.field({
      type: [AdjustmentRef],
      description:
        'What changed in this month of months that were closed before, by month, provider, model and reason.',
      resolve: (statement, _args, context) => adjustmentsOf(statement, context),
    }),
    adjustedUsd: t.field({
      type: 'Decimal',
      description: 'What the adjustments add up to in USD.',
      resolve: async (statement, _args, context) => sumOf(await adjustmentsOf(statement, context)),
    }),
    totalUsd: t.field({
      type: 'Decimal',
      description: 'Exact cost of the month in USD: that of its calls and the adjustments.',
      resolve: async (statement, _args, context) => {
        const [totals, adjustments] = await Promise.all([
          totalsOf(statement, context, [cost.column]),
          adjustmentsOf(statement, context),
        ]);
        return totals.usd(cost).plus(sumOf(adjustments));
      },
    }),
  }),
});

const sumOf = (adjustments: readonly Adjustment[]) =>
  adjustments.reduce((sum, { costUsd }) => sum.plus(costUsd), new Big(0));

const queryOf = ({ tenant, month: { from, to } }: Statement) => ({ tenantId: tenant.id, from, to, filters: {} });

const keyOf = ({ tenant, month: { month } }: Statement) => ({ tenantId: tenant.id, month });

async function totalsOf(
  statement: Statement,
  context: RequestContext,
  columns: readonly string[],
): Promise<UsageStats> {
  if (!statement.month.closedAt) return loadTotals(context, queryOf(statement), columns);
  const lines = await context.once(lineLoader).load({ ...keyOf(statement), columns });
  return lines.find(isTotal)?.stats ?? noUsage;
}

async function loadLines(
  statement: Statement,
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<StoredLine[]> {
  const columns = [...new Set([...askedColumns(info), callCount.column])];
  if (statement.month.closedAt) {
    const lines = await context.once(lineLoader).load({ ...keyOf(statement), columns });
    return lines.filter((line) => !isTotal(line));
  }
  const page = { first: mostLines + 1, orderBy: 'COST_DESC' } as const;
  return linesOf(await loadGroups(context, queryOf(statement), lineDimensions, page, columns));
}

const isTotal = ({ provider }: StoredLine) => provider === '';

const adjustmentsOf = ({ tenant, month }: Statement, context: RequestContext) =>
  context.once(adjustmentLoader).load({ tenantId: tenant.id, month });

const monthArg = 'The month, by any date of it: "2026-04-01".';
const ofTenant = 'Tenant of the statement; your own when left out. Superusers must name it.';

async function statementOf(context: RequestContext, tenant: Tenant, date: LocalDate): Promise<Statement> {
  return { tenant, month: monthOf(await context.once(calendarLoader).load(tenant), date) };
}

builder.queryField('statement', (t) =>
  t.field({
    type: StatementRef,
    description:
      'The statement of a month: as it was closed or, while it is open, up to now. Months begin at midnight in the time zone of the tenant; with another zone, the running month still ends by the clock that it began with.',
    args: {
      month: t.arg({ type: 'LocalDate', required: true, description: monthArg }),
      tenantId: t.arg.id({ description: ofTenant }),
    },
    authScopes: (_parent, args) => ({ readUsage: args.tenantId }),
    resolve: async (_parent, args, context) => {
      const date = readRequired(args.month, 'month');
      const tenant = await context.once(tenantLoader).load(targetTenant(context.principal, args.tenantId));
      return statementOf(context, tenant, date);
    },
  }),
);

builder.mutationField('closeStatement', (t) =>
  t.field({
    type: StatementRef,
    description:
      'Closes the statement of a month that has ended: from then on it stays as it is, and later voids, repricing, replaced and late calls are adjustments in the statement of the month in which they happen. Months can be closed in any order; one that is closed already is answered as it is. VALIDATION_ERROR on `month` before it has ended.',
    args: {
      month: t.arg({ type: 'LocalDate', required: true, description: monthArg }),
      tenantId: t.arg.id({ description: ofTenant }),
    },
    authScopes: (_parent, args) => ({ administer: args.tenantId }),
    resolve: async (_parent, args, context) => {
      const date = readRequired(args.month, 'month');
      const tenant = await context.once(tenantLoader).load(targetTenant(context.principal, args.tenantId));
      // What is closed is the platform's to write, so that nobody else changes it; every statement names the tenant.
      const em = forkForPlatform(context.services);
      await inTurn(context, () => closeStatement(em, context.principal, tenant, date, context.now));
      context.once(calendarLoader).clear(tenant);
      return statementOf(context, tenant, date);
    },
  }),
);
