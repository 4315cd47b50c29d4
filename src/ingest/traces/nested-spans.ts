import type { Span } from './span.ts';

type SpanKey = Pick<Span, 'traceId' | 'spanId'>;

export const keyOfSpan = ({ traceId, spanId }: SpanKey): string => `${traceId}:${spanId}`;

/** The spans that are around others, as far as the spans of one request tell; parents that are not among them as well. */
export function spansAround(spans: readonly Span[], inner: readonly Span[]): Map<string, SpanKey> {
  const byKey = new Map(spans.map((span) => [keyOfSpan(span), span]));
  const around = new Map<string, SpanKey>();
  for (const span of inner) {
    let parent = parentOf(span);
    // What is known already has its own parents known too; that also ends a circle.
    while (parent && !around.has(keyOfSpan(parent))) {
      around.set(keyOfSpan(parent), parent);
      const itself = byKey.get(keyOfSpan(parent));
      parent = itself && parentOf(itself);
    }
  }
  return around;
}

const parentOf = ({ traceId, spanId, parentId }: Span): SpanKey | undefined =>
  parentId === undefined || parentId === spanId ? undefined : { traceId, spanId: parentId };
