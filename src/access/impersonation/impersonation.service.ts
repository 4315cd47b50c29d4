import { timingSafeEqual } from 'node:crypto';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { insertAuditEvent } from '../../audit/audit.repository.ts';
import { audited } from '../../audit/audited.ts';
import { ValidationError } from '../../values/errors.ts';
import { addToTenant } from '../../tenancy/tenant.service.ts';
import { freeTextProblem } from '../../values/free-text.ts';
import type { TenantId } from '../../values/identifier.ts';
import { auditNames, type Principal } from '../../caller/principal.ts';
import { refusal } from '../../caller/refusal.ts';
import { inTransaction } from '../../database/transaction.ts';
import { credentialFormat } from '../credential-format.ts';
import type { Impersonation } from './impersonation.entity.ts';
import {
  findImpersonationOfToken,
  insertImpersonation,
  stopImpersonations,
  type NewImpersonation,
} from './impersonation.repository.ts';

const tokens = credentialFormat('ugi');

/** Whether a credential is meant as the token of an impersonation. */
export const isImpersonationToken = tokens.isMeant;

export const maxImpersonationMinutes = 60;
export const defaultImpersonationMinutes = 30;
export const maxImpersonationReasonLength = 1000;

export interface StartImpersonation {
  tenantId: TenantId;
  reason: string;
  minutes: number;
}

/**
 * Lets a superuser read what an admin of the tenant can read. The token is in the answer and stored nowhere.
 * @throws {ValidationError} on `reason` or `minutes`.
 */
export async function startImpersonation(
  em: SqlEntityManager,
  principal: Principal,
  { tenantId, reason, minutes }: StartImpersonation,
  now: Date,
): Promise<{ impersonation: NewImpersonation; token: string }> {
  const problem = freeTextProblem(reason, maxImpersonationReasonLength);
  if (problem) throw new ValidationError(`'reason' ${problem}`, 'reason');
  if (minutes < 1 || minutes > maxImpersonationMinutes)
    throw new ValidationError(`'minutes' must be from 1 to ${maxImpersonationMinutes}`, 'minutes');
  const { id, secret, hash } = tokens.make();
  const superuser = auditNames(principal).actor;
  const expiresAt = new Date(now.getTime() + minutes * 60_000);
  const impersonation = { id, tenantId, superuser, reason, tokenHash: hash, startedAt: now, expiresAt };
  return addToTenant(tenantId, () =>
    audited(em, impersonatorOf(impersonation), now, async (em) => {
      await insertImpersonation(em, impersonation);
      const details = { reason, expiresAt: expiresAt.toISOString() };
      return {
        result: { impersonation, token: secret },
        act: { action: 'impersonation.start', tenantId, target: id, details },
      };
    }),
  );
}

/**
 * Ends the impersonation that the caller acts under, or all that the calling superuser has started. Returns whether one
 * was running.
 */
export async function stopImpersonation(em: SqlEntityManager, principal: Principal, now: Date): Promise<boolean> {
  if (principal.kind !== 'superuser' && principal.kind !== 'impersonator')
    throw refusal(principal, 'stop an impersonation', 'a superuser');
  const { subject: superuser } = principal;
  const id = principal.kind === 'impersonator' ? principal.impersonationId : undefined;
  let wasRunning = false;
  return inTransaction(em, async (em) => {
    const stopped = await stopImpersonations(em, superuser, id, now);
    // An earlier attempt may have committed although its answer was lost.
    wasRunning ||= stopped.length > 0;
    for (const { id, tenantId } of stopped) {
      const act = { action: 'impersonation.stop', tenantId, target: id, details: {} };
      await insertAuditEvent(em, impersonatorOf({ id, tenantId, superuser }), act, now);
    }
    return wasRunning;
  });
}

/** The running impersonation of a token; undefined when it is unknown, over or stopped. */
export async function findRunningImpersonation(
  em: SqlEntityManager,
  token: string,
  hash: Buffer,
  now: Date,
): Promise<Impersonation | undefined> {
  const id = tokens.idOf(token);
  const impersonation = id === undefined ? null : await findImpersonationOfToken(em, id);
  if (!impersonation || !timingSafeEqual(impersonation.tokenHash, hash)) return undefined;
  return impersonation.stoppedAt || impersonation.expiresAt <= now ? undefined : impersonation;
}

/** The principal of an impersonation. */
export const impersonatorOf = ({
  id,
  tenantId,
  superuser,
}: Pick<Impersonation, 'id' | 'tenantId' | 'superuser'>): Principal => ({
  kind: 'impersonator',
  subject: superuser,
  tenantId,
  impersonationId: id,
});
