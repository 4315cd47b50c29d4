import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { forkForPlatform } from '../../database/session.ts';
import { findCalls } from '../../recording/call.repository.ts';
import type { Outcome } from '../../recording/outcomes.ts';
import type { CallInput } from '../../recording/validate-call.ts';
import { voidCall } from '../../recording/voiding.service.ts';
import { insertMissingTenants } from '../../tenancy/tenant.repository.ts';
import { BeyondRetentionError } from '../../values/errors.ts';
import type { TenantId } from '../../values/identifier.ts';
import { recordEach, refuseHeldUp } from '../record-each.ts';
import type { IngestRequest } from '../road.ts';
import { keyOfSpan, spansAround } from './nested-spans.ts';
import { requestIdOf } from './span-call.ts';
import { findAboveCalls, keepLinks, type SpanLink } from './span-link.repository.ts';
import type { Span } from './span.ts';

type Recording = Pick<IngestRequest, 'principal' | 'now' | 'services'> & { tenantId: TenantId };

/**
 * Records the calls that spans are, and returns the outcomes. Of calls around one another only the innermost count,
 * whichever requests bring them, and in whatever order: each request notes, after its calls are stored, which spans are
 * around them, and then looks which of those are stored as calls. Of two requests at the same time, one or the other
 * finds both.
 */
export async function recordSpans(
  spans: readonly Span[],
  calls: readonly { span: Span; call: CallInput }[],
  recording: Recording,
): Promise<Outcome[]> {
  const { tenantId, services } = recording;
  const em = forkForPlatform(services);
  const around = spansAround(
    spans,
    calls.map(({ span }) => span),
  );
  const before = await findAboveCalls(
    em,
    tenantId,
    calls.map(({ span: { traceId, spanId } }) => ({ traceId, spanId })),
  );
  const passedOver = new Set([...around.keys(), ...before.map(keyOfSpan)]);
  const innermost = calls.filter(({ span }) => !passedOver.has(keyOfSpan(span)));
  const outcomes = await recordEach(
    innermost.map(({ call }) => call),
    recording,
  );
  const stored = innermost.filter((_, index) => outcomes[index]?.outcome !== 'REJECTED').map(({ span }) => span);
  const keep = keepingLinks(em, recording);
  await voidCallsAmong(await noteAround(keep, spans, stored), em, recording);
  refuseHeldUp(outcomes);
  return outcomes;
}

type Keep = (links: readonly SpanLink[]) => Promise<SpanLink[]>;

/** Keeps links, for a tenant that a superuser names even if it does not exist yet. */
function keepingLinks(em: SqlEntityManager, { tenantId, principal }: Recording): Keep {
  return async (links) => {
    const kept = await keepLinks(em, tenantId, links);
    if (kept.length > 0 || links.length === 0 || principal.kind !== 'superuser') return kept;
    await insertMissingTenants(em, [{ id: tenantId, name: tenantId, timezone: 'UTC' }]);
    return keepLinks(em, tenantId, links);
  };
}

/** Notes where spans belong and which are around calls, and returns all of these, also those of earlier requests. */
async function noteAround(keep: Keep, spans: readonly Span[], stored: readonly Span[]): Promise<SpanLink[]> {
  const around = spansAround(spans, stored);
  const links = new Map<string, SpanLink>();
  for (const { traceId, spanId, parentId } of spans)
    links.set(keyOfSpan({ traceId, spanId }), { traceId, spanId, parentId, aboveCall: false });
  for (const [key, span] of around) links.set(key, { ...span, parentId: links.get(key)?.parentId, aboveCall: true });
  const above = new Map<string, SpanLink>();
  // What is around a span that is around a call is so too. What the rows say decides, as others may have added to them.
  for (let next = [...links.values()]; next.length > 0;) {
    const kept = await keep(next);
    for (const link of kept) if (link.aboveCall) above.set(keyOfSpan(link), link);
    const parents = new Map<string, SpanLink>();
    for (const { traceId, parentId, aboveCall } of kept) {
      if (!aboveCall || parentId === undefined) continue;
      const key = keyOfSpan({ traceId, spanId: parentId });
      if (!above.has(key)) parents.set(key, { traceId, spanId: parentId, parentId: undefined, aboveCall: true });
    }
    next = [...parents.values()];
  }
  return [...above.values()];
}

const reason = 'The span is around spans that are calls themselves, and repeats what they used.';

/**
 * Voids the calls that turned out to be around others, on record like every void. One from before the tenant's horizon stays,
 * as what it adds up to does.
 */
async function voidCallsAmong(
  spans: readonly SpanLink[],
  em: SqlEntityManager,
  { tenantId, principal, now }: Recording,
): Promise<void> {
  const calls = await findCalls(
    em,
    spans.map((span) => ({ tenantId, requestId: requestIdOf(span) })),
  );
  for (const { requestId, voidedAt } of calls)
    if (voidedAt === null)
      await voidCall(em, principal, { tenantId, requestId, reason }, now).catch((error: unknown) => {
        if (!(error instanceof BeyondRetentionError)) throw error;
      });
}
