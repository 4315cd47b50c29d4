import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { actorsOf, type Erased, type Person, type PersonErasure, type Uncounted } from '../audit/person-erasure.ts';
import { inSession } from '../database/session.ts';
import { erasedUser } from '../values/erased.ts';
import type { Budget } from './budget.entity.ts';
import { addedUp } from './counter-sql.ts';
import type { Touch } from './touched-budgets.ts';
import { takeBack } from './counter.repository.ts';
import { deleteBudgetRows, findBudgets, turnRevision } from './budget.repository.ts';

/** What a value of a dimension becomes; a map that the other values are not in. */
type Renamed = ReadonlyMap<string, string>;

/**
 * Rewrites what is counted, held and told of the person. A budget of this user alone goes, as it would never count again.
 * Whatever was counted under the user is taken along as it stands, also for calls that the ledger has no more.
 */
export const limitsErasure: PersonErasure = {
  async settle(em, person, erased) {
    const { tenantId, userId, names, pseudonym } = person;
    const uncounted = Map.groupBy(erased.uncounted, ({ budgetId }) => budgetId);
    let changed = false;
    for (const budget of await findBudgets(em, tenantId)) {
      if (budget.scopeDimension === 'userId' && budget.scopeValues.includes(userId)) {
        await deleteBudgetRows(em, tenantId, budget.id);
        changed = true;
        continue;
      }
      await takeBack(em, (uncounted.get(budget.id) ?? []).map(toTouch(budget)));
      for (const [from, to] of renamedIn(budget.eachDimension, person, erased)) await rename(em, budget, from, to);
      const renamed = renamedIn(budget.scopeDimension, person, erased);
      if (budget.scopeValues.some((value) => renamed.has(value))) {
        await saveScope(em, budget, [...new Set(budget.scopeValues.map((value) => renamed.get(value) ?? value))]);
        changed = true;
      }
    }
    const called = sql`${names}::text[], ${pseudonym}`;
    await sql`
      update budget set name = without_names(name, ${called})
      where tenant_id = ${tenantId} and name <> without_names(name, ${called})`.execute(inSession(em));
    if (changed) await turnRevision(em, tenantId);
  },
};

const toTouch =
  ({ tenantId, id }: Budget) =>
  ({ periodStart, value, amount, calls }: Uncounted): Touch => ({
    tenant_id: tenantId,
    request_id: '',
    budget_id: id,
    period_start: periodStart,
    value,
    amount,
    ...(calls === undefined ? {} : { calls }),
  });

function renamedIn(dimension: Budget['eachDimension'], person: Person, { tagValues }: Erased): Renamed {
  if (dimension === 'userId') return new Map([[person.userId, erasedUser]]);
  if (dimension === 'recordedBy') return new Map(actorsOf(person).map((actor) => [actor, `user:${person.pseudonym}`]));
  const gone = dimension?.startsWith('tag:') ? tagValues.get(dimension.slice('tag:'.length)) : undefined;
  return new Map([...(gone ?? [])].map((value) => [value, erasedUser]));
}

async function saveScope(em: SqlEntityManager, { tenantId, id }: Budget, values: readonly string[]): Promise<void> {
  await sql`
    update budget set scope_values = ${values}::text[]
    where tenant_id = ${tenantId} and budget_id = ${id}`.execute(inSession(em));
}

/** Counters of a value go to another one, which may have some; of two events for one threshold the first told stays. */
async function rename(em: SqlEntityManager, { tenantId, id }: Budget, from: string, to: string): Promise<void> {
  const ofBudget = sql`tenant_id = ${tenantId} and budget_id = ${id}`;
  await sql`
    insert into budget_counter (tenant_id, budget_id, period_start, value, spent, calls)
    select tenant_id, budget_id, period_start, ${to}, spent, calls from budget_counter
    where ${ofBudget} and value = ${from} and (spent <> 0 or calls <> 0)
    on conflict (tenant_id, budget_id, period_start, value) do update set ${addedUp}`.execute(inSession(em));
  await sql`delete from budget_counter where ${ofBudget} and value = ${from}`.execute(inSession(em));
  await sql`
    update budget_event told set value = ${to}
    where ${ofBudget} and value = ${from} and not exists (
      select from budget_event other
      where other.tenant_id = ${tenantId} and other.budget_id = ${id} and other.value = ${to}
        and other.period_start = told.period_start and other.threshold = told.threshold)`.execute(inSession(em));
  await sql`delete from budget_event where ${ofBudget} and value = ${from}`.execute(inSession(em));
  await sql`update budget_hold set value = ${to} where ${ofBudget} and value = ${from}`.execute(inSession(em));
}
