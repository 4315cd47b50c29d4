import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import { BeyondRetentionError } from '../values/errors.ts';
import type { TenantId } from '../values/identifier.ts';

const instant = (ms: string | null | undefined): Date | null =>
  ms === null || ms === undefined ? null : new Date(Number(ms));

/** The instant before which calls of a tenant may not change any more, as it is until the transaction ends; null for none. */
export async function holdHorizon(em: SqlEntityManager, tenantId: TenantId): Promise<Date | null> {
  const { rows } = await sql<{ ms: string | null }>`
    select extract(epoch from accepts_from) * 1000 as ms from rollup_mark
    where tenant_id = ${tenantId} for key share`.execute(inSession(em));
  return instant(rows[0]?.ms);
}

/** The instant before which calls of a tenant may not change any more, as it is now; null for none. */
export async function findHorizon(em: SqlEntityManager, tenantId: TenantId): Promise<Date | null> {
  const { rows } = await sql<{ ms: string | null }>`
    select extract(epoch from accepts_from) * 1000 as ms from rollup_mark
    where tenant_id = ${tenantId}`.execute(inSession(em));
  return instant(rows[0]?.ms);
}

/** Why a call from before the horizon is not recorded. */
export const notRecorded = (acceptsFrom: Date): BeyondRetentionError =>
  new BeyondRetentionError(
    `'occurredAt' is from before ${acceptsFrom.toISOString()}: calls from then have left the ledger, or are about to, so that nobody could tell whether this one was recorded before.`,
    acceptsFrom,
    'occurredAt',
  );

/** Why a call from before the horizon is not changed. */
export const notChanged = (requestId: string, acceptsFrom: Date): BeyondRetentionError =>
  new BeyondRetentionError(
    `The call '${requestId}' is from before ${acceptsFrom.toISOString()}: calls from then leave the ledger, and what they add up to stays as it is.`,
    acceptsFrom,
    'requestId',
  );
