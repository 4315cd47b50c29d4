import { Big } from 'big.js';
import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { actorsOf, type Person } from '../audit/person-erasure.ts';
import type { CountedCall } from '../limits/touched-budgets.ts';
import { inSession } from '../database/session.ts';
import type { TenantId } from '../values/identifier.ts';
import type { Call } from './call.entity.ts';
import { isCurrent } from './version.repository.ts';

export type CallPlace = Pick<Call, 'occurredAt' | 'requestId'>;

/** How many calls a user has, voided ones included. */
export async function countCallsOf(em: SqlEntityManager, tenantId: TenantId, userId: string): Promise<number> {
  const { rows } = await sql<{ calls: string }>`
    select count(*) as calls from usage_call
    where usage_call.tenant_id = ${tenantId} and user_id = ${userId} and ${isCurrent}`.execute(inSession(em));
  return Number(rows[0]?.calls ?? 0);
}

/** Calls of a user behind a place, oldest first; the index by time knows the user. */
export async function listCallsOf(
  em: SqlEntityManager,
  { tenantId, userId }: Pick<Person, 'tenantId' | 'userId'>,
  { first, after }: { first: number; after: CallPlace | undefined },
): Promise<CallPlace[]> {
  const { rows } = await sql<{ at_ms: string; request_id: string }>`
    select extract(epoch from occurred_at) * 1000 as at_ms, request_id from usage_call
    where tenant_id = ${tenantId} and user_id = ${userId}
      ${after ? sql`and (occurred_at, request_id) > (${after.occurredAt.toISOString()}::timestamptz, ${after.requestId})` : sql``}
    order by occurred_at, request_id
    limit ${first}`.execute(inSession(em));
  return rows.map((row) => ({ occurredAt: new Date(Number(row.at_ms)), requestId: row.request_id }));
}

/** A call of a user, as far as budgets look at it. */
export type UsersCall = CountedCall & { isVoid: boolean };

/** Calls of a user by key as they are now, locked until the transaction ends. */
export async function lockCallsOf(
  em: SqlEntityManager,
  { tenantId, userId }: Pick<Person, 'tenantId' | 'userId'>,
  requestIds: readonly string[],
): Promise<UsersCall[]> {
  type Row = Omit<UsersCall, 'tenantId' | 'occurredAt' | 'costUsd'> & { atMs: string; costUsd: string | null };
  // Not as entities, of which the entity manager would keep each one.
  const { rows } = await sql<Row>`
    select request_id as "requestId", extract(epoch from occurred_at) * 1000 as "atMs", agent_id as "agentId",
      user_id as "userId", recorded_by as "recordedBy", tags, input_tokens as "inputTokens",
      output_tokens as "outputTokens", cost_usd::text as "costUsd", voided_at is not null as "isVoid"
    from usage_call
    where tenant_id = ${tenantId} and request_id = any(${requestIds}::text[]) and user_id = ${userId}
    order by request_id
    for update`.execute(inSession(em));
  return rows.map(({ atMs, costUsd, ...row }) => ({
    ...row,
    tenantId,
    occurredAt: new Date(Number(atMs)),
    costUsd: costUsd === null ? null : new Big(costUsd),
  }));
}

/** Keys of earlier versions of a user's calls. They are all void. */
export async function findVersionsOf(
  em: SqlEntityManager,
  { tenantId, userId }: Pick<Person, 'tenantId' | 'userId'>,
): Promise<string[]> {
  const { rows } = await sql<{ request_id: string }>`
    select version.request_id
    from usage_call version
    join usage_call on usage_call.tenant_id = ${tenantId}
      and usage_call.request_id = split_part(version.request_id, chr(31), 1)
    where version.tenant_id = ${tenantId} and version.void_batch_id is not null
      and strpos(version.request_id, chr(31)) > 0 and usage_call.user_id = ${userId}`.execute(inSession(em));
  return rows.map((row) => row.request_id);
}

/** Takes the person out of calls by key, and returns how many they are without earlier versions. */
export async function eraseCalls(
  em: SqlEntityManager,
  { tenantId, userId, personalTags, names, pseudonym }: Person,
  requestIds: readonly string[],
): Promise<number> {
  const { rows } = await sql<{ calls: number }>`
    select erase_calls(${tenantId}, ${requestIds}::text[], ${userId}, ${personalTags}::text[], ${names}::text[],
      ${pseudonym}) as calls`.execute(inSession(em));
  return rows[0]?.calls ?? 0;
}

/**
 * Puts the pseudonym in the place of whoever recorded or voided calls, and in reasons that were given; or only where that
 * is not folded yet.
 */
export async function eraseRecorder(em: SqlEntityManager, person: Person, which: 'all' | 'unfolded'): Promise<void> {
  const { tenantId, names, pseudonym } = person;
  await sql`
    select erase_recorder(${tenantId}, ${actorsOf(person)}::text[], ${names}::text[], ${pseudonym},
      ${which === 'unfolded'})`.execute(inSession(em));
}

/** Keys of a user's calls that are not folded yet. */
export async function listUnfoldedOf(
  em: SqlEntityManager,
  { tenantId, userId }: Pick<Person, 'tenantId' | 'userId'>,
): Promise<string[]> {
  const { rows } = await sql<{ request_id: string }>`
    select request_id
    from unfolded
    join usage_call on usage_call.tenant_id = ${tenantId} and usage_call.batch_id = unfolded.batch_id
    where unfolded.tenant_id = ${tenantId} and user_id = ${userId}`.execute(inSession(em));
  return rows.map((row) => row.request_id);
}

/** Those of the values of a tag that calls have: of all, which reads the ledger as a whole, or of those not folded yet. */
export async function findValuesInUse(
  em: SqlEntityManager,
  tenantId: TenantId,
  { tag, values, among }: { tag: string; values: ReadonlySet<string>; among: 'all' | 'unfolded' },
): Promise<string[]> {
  const calls =
    among === 'all'
      ? sql`usage_call where usage_call.tenant_id = ${tenantId}`
      : sql`
        unfolded
        join usage_call on usage_call.tenant_id = ${tenantId} and usage_call.batch_id = unfolded.batch_id
        where unfolded.tenant_id = ${tenantId}`;
  const { rows } = await sql<{ value: string }>`
    select distinct tags ->> ${tag}::text as value
    from ${calls} and tags is not null and tags ->> ${tag}::text = any(${[...values]}::text[])`.execute(inSession(em));
  return rows.map(({ value }) => value);
}
