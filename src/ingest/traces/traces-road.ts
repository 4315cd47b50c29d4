import { targetTenant } from '../../caller/principal.ts';
import type { CallInput } from '../../recording/validate-call.ts';
import { GatewayError, ValidationError } from '../../values/errors.ts';
import { isJsonObject, parseJson } from '../../values/json.ts';
import { readJson } from '../../web/read-json.ts';
import { mediaType, type IngestAnswer, type Road } from '../road.ts';
import { decodeRequest, encodeResponse, type PartialSuccess } from './otlp-messages.ts';
import { recordSpans } from './record-spans.ts';
import { toCall } from './span-call.ts';
import { isOuter } from './span-kind.ts';
import { readSpanUsage } from './span-usage.ts';
import { spansOf, type Span } from './span.ts';

const protobuf = new Set(['application/x-protobuf', 'application/protobuf']);
const json = 'application/json';

/** POST /v1/traces: OTLP over HTTP. Every span of an inference is a call; all others are passed over. */
export const tracesRoad: Road = {
  takes: (type) => type === json || protobuf.has(type),
  takesInWords: `application/x-protobuf or ${json}`,
  async answer({ headers, body, principal, tenantId, now, services }) {
    const isProtobuf = protobuf.has(mediaType(headers));
    // Some send times in nanoseconds as numbers of JSON, which are exact enough when they are rounded.
    const message = isProtobuf ? decodeRequest(body) : readJson(body, parseJson);
    if (!isJsonObject(message)) throw new ValidationError('An ExportTraceServiceRequest must be a JSON object.');
    const tenant = tenantId ?? targetTenant(principal, undefined, 'x-tenant-id');
    const spans = spansOf(message);
    const { calls, problems } = readCalls(spans);
    const outcomes = await recordSpans(spans, calls, { principal, tenantId: tenant, now, services });
    for (const result of outcomes) if (result.outcome === 'REJECTED') problems.push(result.error.message);
    return answerOf(problems, isProtobuf);
  },
};

/** The calls among spans, and why others that looked like one could not be read. */
function readCalls(spans: readonly Span[]) {
  const calls: { span: Span; call: CallInput }[] = [];
  const problems: string[] = [];
  for (const span of spans) {
    if (isOuter(span)) continue;
    try {
      const usage = readSpanUsage(span);
      if (usage) calls.push({ span, call: toCall(span, usage) });
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      problems.push(error.message);
    }
  }
  return { calls, problems };
}

const shownProblems = 5;

function answerOf(problems: readonly string[], isProtobuf: boolean): IngestAnswer {
  const different = [...new Set(problems)];
  const shown = different.slice(0, shownProblems).join('; ');
  const errorMessage = different.length > shownProblems ? `${shown}; …` : shown;
  const partial: PartialSuccess | undefined =
    problems.length > 0 ? { rejectedSpans: problems.length, errorMessage } : undefined;
  if (isProtobuf) return { headers: { 'content-type': 'application/x-protobuf' }, body: encodeResponse(partial) };
  // Protobuf's JSON writes 64-bit numbers as strings.
  const partialSuccess = partial && { ...partial, rejectedSpans: String(partial.rejectedSpans) };
  return { headers: { 'content-type': json }, body: JSON.stringify({ partialSuccess }) };
}
