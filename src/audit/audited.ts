import { v7 as uuidv7 } from 'uuid';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Principal } from '../caller/principal.ts';
import { inTransaction, type TransactionOptions } from '../database/transaction.ts';
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
  options: TransactionOptions = {},
): Promise<T> {
  const id = uuidv7();
  let attempted: { result: T } | undefined;
  const attempt = async (em: SqlEntityManager) => {
    if (attempted && (await hasAuditEvent(em, id))) return attempted.result;
    const { result, act } = await work(em);
    if (act) await insertAuditEvent(em, principal, act, now, id);
    attempted = act && { result };
    return result;
  };
  return inTransaction(em, attempt, options);
}
