import { sql } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import type { TenantId } from '../values/identifier.ts';
import { formatDecimal, type Decimal } from '../values/money.ts';
import { BudgetEntity, type Budget } from './budget.entity.ts';

type Row = Record<string, unknown>;

/** The budgets of a tenant at a revision. */
export interface KnownBudgets {
  revision: string;
  budgets: Budget[];
  /** Whether a channel wants to be told of thresholds or spikes. */
  isTold: boolean;
}

/** What holds of a tenant without budgets. */
export const noBudgets: KnownBudgets = { revision: '', budgets: [], isTold: false };

/** Budgets of tenants with the revision at which they were read, both in one statement. */
export async function findBudgetsAndRevisions(
  em: SqlEntityManager,
  tenantIds: readonly TenantId[],
): Promise<Map<TenantId, KnownBudgets>> {
  const { rows } = await sql<
    Row & { tenant_id: TenantId; budget_revision: string; is_told: boolean; budget_id: string | null }
  >`
    select budget.*, mark.tenant_id, mark.budget_revision, exists (
        select from notification_channel channel
        where channel.tenant_id = mark.tenant_id and channel.enabled
          and channel.events && array['BUDGET_THRESHOLD', 'SPEND_SPIKE']
      ) as is_told
    from rollup_mark mark left join budget on budget.tenant_id = mark.tenant_id
    where mark.tenant_id = any(${[...tenantIds]}::text[])
    order by mark.tenant_id, budget.budget_id`.execute(inSession(em));
  const found = new Map<TenantId, KnownBudgets>();
  for (const { budget_revision: revision, is_told: isTold, ...row } of rows) {
    const known = found.get(row.tenant_id) ?? { revision, isTold, budgets: [] };
    if (row.budget_id !== null) known.budgets.push(em.map(BudgetEntity, row));
    found.set(row.tenant_id, known);
  }
  return found;
}

/**
 * Waits for the calls of a tenant that are being recorded or voided, and lets no other begin until the transaction ends:
 * the tenant's budgets and closed months may then be changed and counted. False when there is no such tenant.
 */
export async function holdUpCounting(em: SqlEntityManager, tenantId: TenantId): Promise<boolean> {
  const { rows } = await sql`select from rollup_mark where tenant_id = ${tenantId} for update`.execute(inSession(em));
  return rows.length > 0;
}

/**
 * The same for those who hold locks already that others may wait for: false when it could not be had for a moment, after
 * which it may be tried again.
 */
export async function tryHoldUpCounting(em: SqlEntityManager, tenantId: TenantId): Promise<boolean> {
  const { rows } = await sql<{ held: boolean }>`select hold_up_tenant(${tenantId}) as held`.execute(inSession(em));
  return rows[0]?.held === true;
}

/** Keeps the budgets of a tenant from being changed until the transaction ends. */
export async function holdBudgets(em: SqlEntityManager, tenantId: TenantId): Promise<void> {
  await sql`select from rollup_mark where tenant_id = ${tenantId} for key share`.execute(inSession(em));
}

/**
 * Tells everybody who counts that the budgets or closed months of a tenant have changed, for which counting must be held up,
 * or who is told of them.
 */
export async function turnRevision(em: SqlEntityManager, tenantId: TenantId): Promise<void> {
  await sql`
    update rollup_mark set budget_revision = ${uuidv7()} where tenant_id = ${tenantId}`.execute(inSession(em));
}

export async function findBudgets(em: SqlEntityManager, tenantId: TenantId): Promise<Budget[]> {
  const { rows } = await sql<Row>`
    select * from budget where tenant_id = ${tenantId} order by budget_id`.execute(inSession(em));
  return rows.map((row) => em.map(BudgetEntity, row));
}

/** Budgets of a tenant by id. */
export async function findBudgetsById(
  em: SqlEntityManager,
  tenantId: TenantId,
  ids: readonly string[],
): Promise<Budget[]> {
  // No text of the database has a NUL, which the database would refuse.
  const possible = ids.filter((id) => !id.includes('\0'));
  const { rows } = await sql<Row>`
    select * from budget where tenant_id = ${tenantId} and budget_id = any(${possible}::text[])`.execute(inSession(em));
  return rows.map((row) => em.map(BudgetEntity, row));
}

/** Budgets by id, as many as asked for. */
export async function listBudgets(
  em: SqlEntityManager,
  tenantId: TenantId,
  { first, after }: { first: number; after: string | undefined },
): Promise<Budget[]> {
  const { rows } = await sql<Row>`
    select * from budget where tenant_id = ${tenantId} ${after === undefined ? sql`` : sql`and budget_id > ${after}`}
    order by budget_id limit ${first}`.execute(inSession(em));
  return rows.map((row) => em.map(BudgetEntity, row));
}

/** Adds a budget, or writes over the one that has its id. */
export async function saveBudget(em: SqlEntityManager, budget: Budget): Promise<void> {
  const { tenantId, id, name, scopeDimension = null, scopeValues, eachDimension = null, metric, period } = budget;
  const { action, limit = null, spikeFactor = null, spikeFloor = null, thresholds, zones } = budget;
  const { countsFrom, createdAt } = budget;
  const text = (amount: Decimal | null) => (amount ? formatDecimal(amount) : null);
  await sql`
    insert into budget (tenant_id, budget_id, name, scope_dimension, scope_values, each_dimension, metric, period, action,
      limit_amount, spike_factor, spike_floor, thresholds, zones, counts_from, created_at)
    values (${tenantId}, ${id}, ${name}, ${scopeDimension}, ${scopeValues}::text[], ${eachDimension}, ${metric}, ${period},
      ${action}, ${text(limit)}, ${text(spikeFactor)}, ${text(spikeFloor)}, ${thresholds}::text[],
      ${JSON.stringify(zones)}::jsonb, ${countsFrom.toISOString()}::timestamptz, ${createdAt.toISOString()}::timestamptz)
    on conflict (tenant_id, budget_id) do update set name = excluded.name, action = excluded.action,
      limit_amount = excluded.limit_amount, thresholds = excluded.thresholds, zones = excluded.zones,
      counts_from = excluded.counts_from`.execute(inSession(em));
}

/** Deletes a budget with its counters, events and holds. */
export async function deleteBudgetRows(em: SqlEntityManager, tenantId: TenantId, id: string): Promise<void> {
  for (const table of ['budget', 'budget_counter', 'budget_event', 'budget_hold'])
    await sql`delete from ${sql.table(table)} where tenant_id = ${tenantId} and budget_id = ${id}`.execute(
      inSession(em),
    );
}
