import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../../database/session.ts';
import type { TenantId } from '../../values/identifier.ts';

export interface SpanLink {
  traceId: string;
  spanId: string;
  parentId: string | undefined;
  /** Whether a recorded call is inside it. */
  aboveCall: boolean;
}

type SpanKey = Pick<SpanLink, 'traceId' | 'spanId'>;

/** Those of the spans that have recorded calls inside. */
export async function findAboveCalls(
  em: SqlEntityManager,
  tenantId: TenantId,
  spans: readonly SpanKey[],
): Promise<SpanKey[]> {
  if (spans.length === 0) return [];
  const { rows } = await sql<SpanKey>`
    select trace_id as "traceId", span_id as "spanId"
    from json_to_recordset(${JSON.stringify(spans)}::json) as span("traceId" text, "spanId" text)
    join span_link on tenant_id = ${tenantId} and trace_id = span."traceId" and span_id = span."spanId" and above_call`.execute(
    inSession(em),
  );
  return rows;
}

/**
 * Adds what is known of spans to what was known before, and returns the rows as they are then. Spans must be distinct.
 * Nothing is kept for a tenant that does not exist or is being deleted.
 */
export async function keepLinks(
  em: SqlEntityManager,
  tenantId: TenantId,
  links: readonly SpanLink[],
): Promise<SpanLink[]> {
  if (links.length === 0) return [];
  const { rows } = await sql<SpanKey & { parentId: string | null; aboveCall: boolean }>`
    with existing as materialized (
      select tenant_id from rollup_mark where tenant_id = ${tenantId} for key share skip locked
    )
    insert into span_link (tenant_id, trace_id, span_id, parent_span_id, above_call)
    select existing.tenant_id, span."traceId", span."spanId", span."parentId", span."aboveCall"
    from json_to_recordset(${JSON.stringify(links)}::json)
      as span("traceId" text, "spanId" text, "parentId" text, "aboveCall" boolean), existing
    -- The same order for all writers, so that two requests with the same spans never deadlock.
    order by span."traceId" collate "C", span."spanId" collate "C"
    on conflict (tenant_id, trace_id, span_id) do update set
      parent_span_id = coalesce(span_link.parent_span_id, excluded.parent_span_id),
      above_call = span_link.above_call or excluded.above_call
    returning trace_id as "traceId", span_id as "spanId", parent_span_id as "parentId", above_call as "aboveCall"`.execute(
    inSession(em),
  );
  return rows.map(({ parentId, ...row }) => ({ ...row, parentId: parentId ?? undefined }));
}

/** Forgets a tenant's spans that have no call inside and were seen before. */
export async function forgetLinks(em: SqlEntityManager, tenantId: TenantId, before: Date): Promise<void> {
  await sql`
    delete from span_link
    where tenant_id = ${tenantId} and not above_call and seen_at < ${before.toISOString()}::timestamptz`.execute(
    inSession(em),
  );
}
