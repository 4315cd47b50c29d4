import { v7 as uuidv7 } from 'uuid';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Principal } from '../caller/principal.ts';
import { inTransaction } from '../database/transaction.ts';
import { hasAuditEvent, insertAuditEvent, type Act } from './audit.repository.ts';

/**
 * Runs `work` and writes the audit row of the act that it returns, if any, in one transaction. An attempt that committed
 * although its answer was lost is recognised by its audit row and not repeated.
 */
export async function audited<T>(
  em: SqlEntityManager,
  principal: Principal,
  now: Date,
  work: (em: SqlEntityManager) => Promise<{ result: T; act: Act | undefined }>,
): Promise<T> {
  const id = uuidv7();
  let attempted: { result: T } | undefined;
  return inTransaction(em, async (em) => {
    if (attempted && (await hasAuditEvent(em, id))) return attempted.result;
    const { result, act } = await work(em);
    if (act) await insertAuditEvent(em, principal, act, now, id);
    attempted = act && { result };
    return result;
  });
}
