import { randomBytes } from 'node:crypto';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { findAccounts } from '../access/erasure.repository.ts';
import { audited } from '../audit/audited.ts';
import { actorsOf, type Erased, type ErasureOfPeople, type Person } from '../audit/person-erasure.ts';
import { auditNames, type Principal } from '../caller/principal.ts';
import { withoutTimeLimit } from '../database/work.ts';
import { findBudgets, tryHoldUpCounting } from '../limits/budget.repository.ts';
import { countCallsOf } from '../recording/erasure.repository.ts';
import { liftTimeLimit } from '../repricing/reprice.repository.ts';
import { lockTenantSummaries } from '../rollup/fold.repository.ts';
import { findTenants } from '../tenancy/tenant.repository.ts';
import { noteLedgerChanges } from '../rollup/ledger-version.repository.ts';
import { noTenant } from '../tenancy/tenant.service.ts';
import { OverloadedError, ValidationError } from '../values/errors.ts';
import { freeTextProblem } from '../values/free-text.ts';
import { identifier, type TenantId } from '../values/identifier.ts';
import { withoutNames } from './without-names.ts';

/** Who is erased, and why. */
export interface EraseUser {
  tenantId: TenantId;
  userId: string;
  reason: string;
}

/** What an erasure did, or would do. */
export interface Erasure {
  at: Date;
  /** Calls of the user, voided ones included. */
  calls: number;
  dryRun: boolean;
}

const maxReasonLength = 1000;

/** How many calls of a user would be erased. Nothing is changed. @throws {ValidationError} on `userId`. */
export async function previewErasure(
  em: SqlEntityManager,
  { tenantId, userId }: Pick<EraseUser, 'tenantId' | 'userId'>,
  now: Date,
): Promise<Erasure> {
  return { at: now, calls: await countCallsOf(em, tenantId, identifier(userId, 'userId')), dryRun: true };
}

/**
 * Takes a user out of everything that the gateway keeps of a tenant, in one transaction. Every sum stays what it was. Calls
 * that are recorded for the user afterwards are new ones: whoever erases somebody first stops sending them.
 * @throws {ValidationError} on `userId` and `reason`, and for somebody who would erase themselves.
 * @throws {NotFoundError} when there is no such tenant.
 */
export async function eraseUser(
  em: SqlEntityManager,
  principal: Principal,
  { tenantId, userId, reason }: EraseUser,
  { rooms }: ErasureOfPeople,
  now: Date,
): Promise<Erasure> {
  identifier(userId, 'userId');
  const problem = freeTextProblem(reason, maxReasonLength);
  if (problem) throw new ValidationError(`'reason' ${problem}`, 'reason');
  return withoutTimeLimit(() =>
    audited(em, principal, now, async (em) => {
      await liftTimeLimit(em);
      // First, as whoever folds, reprices or erases does. Recording goes on.
      if (!(await lockTenantSummaries(em, tenantId))) throw noTenant(tenantId);
      const person = await personOf(em, { tenantId, userId });
      if (actorsOf(person).includes(auditNames(principal).actor))
        throw new ValidationError("'userId' is you: let another admin erase you", 'userId');
      const erased: Erased = { calls: 0, tagValues: new Map(), uncounted: [] };
      for (const room of rooms) await room.erase?.(em, person, erased);
      // Without budgets nothing has to agree with the ledger, and what came meanwhile counts as coming afterwards.
      if ((await findBudgets(em, tenantId)).length > 0) {
        await holdUpRecording(em, tenantId);
        for (const room of rooms) await room.settle?.(em, person, erased);
      }
      // Last: a row of rollup_mark that was changed before could not be locked against whoever is recording.
      await noteLedgerChanges(em, tenantId, 1);
      const { calls } = erased;
      const { pseudonym: target, names } = person;
      const details = { reason: withoutNames(reason, names, target), calls };
      return { result: { at: now, calls, dryRun: false }, act: { action: 'user.erase', tenantId, target, details } };
    }),
  );
}

/** How long to wait for a moment in which no call of the tenant is recorded or voided. */
const patienceMs = 30_000;

/**
 * Lets no call of the tenant be recorded until the transaction ends. Whoever records an erased call once more waits for this
 * transaction, and is told to begin again.
 */
async function holdUpRecording(em: SqlEntityManager, tenantId: TenantId): Promise<void> {
  const until = performance.now() + patienceMs;
  while (!(await tryHoldUpCounting(em, tenantId)))
    if (performance.now() > until)
      throw new OverloadedError(
        'Calls of the tenant are being recorded or voided without a pause. Try again later.',
        60,
      );
}

async function personOf(em: SqlEntityManager, { tenantId, userId }: Omit<EraseUser, 'reason'>): Promise<Person> {
  const [tenant] = await findTenants(em, [tenantId]);
  const accounts = await findAccounts(em, tenantId, userId);
  const known = accounts.flatMap(({ id, subject, email }) => [email, subject, id]);
  return {
    tenantId,
    userId,
    accounts,
    // The longest first, as one may stand within another.
    names: [...new Set([userId, ...known])].filter(Boolean).toSorted((a, b) => b.length - a.length),
    personalTags: tenant?.personalTags ?? [],
    pseudonym: `erased_${randomBytes(8).toString('hex')}`,
  };
}
