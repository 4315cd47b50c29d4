import protobuf from 'protobufjs';

export type Value = string | number | boolean;

/** A span as cases give it; ids are short numbers. */
export interface CaseSpan {
  id: string;
  parent: string;
  name: string;
  scope: string;
  version?: string;
  attrs: Record<string, Value>;
  status?: number;
  startMs?: number;
  endMs?: number;
}

export interface OtlpCase {
  kind: string;
  what: string;
  spans: CaseSpan[];
  expect: { calls: number; input: number; output: number; cached?: number; cacheWrite?: number };
}

const start = Date.parse('2026-04-15T12:00:00Z');

const spanIdOf = (id: string) => (id === '' ? '' : id.padStart(16, '0'));
const nanos = (ms: number) => `${BigInt(ms) * 1_000_000n}`;

function anyValue(value: Value) {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

const attributesOf = (attrs: Record<string, Value>) =>
  Object.entries(attrs).map(([key, value]) => ({ key, value: anyValue(value) }));

/** An ExportTraceServiceRequest with spans of one trace, as JSON has it. */
export const requestOf = (
  spans: readonly CaseSpan[],
  traceId: string,
  resource: Record<string, Value> = { 'service.name': 'tests' },
) => ({
  resourceSpans: [
    {
      resource: { attributes: attributesOf(resource) },
      scopeSpans: spans.map((span) => ({
        scope: { name: span.scope, version: span.version ?? '' },
        spans: [
          {
            traceId,
            spanId: spanIdOf(span.id),
            parentSpanId: spanIdOf(span.parent),
            name: span.name,
            kind: 3,
            startTimeUnixNano: nanos(span.startMs ?? start),
            endTimeUnixNano: nanos(span.endMs ?? start + 1500),
            attributes: attributesOf(span.attrs),
            status: { code: span.status ?? 0 },
          },
        ],
      })),
    },
  ],
});

/** The messages as opentelemetry-proto has them, as far as senders here use them. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
  message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }
  message ScopeSpans { InstrumentationScope scope = 1; repeated Span spans = 2; string schema_url = 3; }
  message InstrumentationScope { string name = 1; string version = 2; repeated KeyValue attributes = 3; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5;
    int32 kind = 6; fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
    Status status = 15; fixed32 flags = 16;
  }
  message Status { string message = 2; int32 code = 3; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message ArrayValue { repeated AnyValue values = 1; }
  message AnyValue { oneof value {
    string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; ArrayValue array_value = 5; } }
  message ExportTraceServiceResponse { ExportTracePartialSuccess partial_success = 1; }
  message ExportTracePartialSuccess { int64 rejected_spans = 1; string error_message = 2; }
`);
const requestType = root.lookupType('ExportTraceServiceRequest');
const responseType = root.lookupType('ExportTraceServiceResponse');

/** The same request in protobuf. */
export function encoded(request: ReturnType<typeof requestOf>): Uint8Array<ArrayBuffer> {
  const withBytes = JSON.parse(JSON.stringify(request), (key, value: unknown) =>
    /^(traceId|spanId|parentSpanId)$/.test(key) ? Buffer.from(String(value), 'hex') : value,
  ) as Record<string, unknown>;
  return new Uint8Array(requestType.encode(requestType.fromObject(withBytes)).finish());
}

export const decodedResponse = (bytes: Uint8Array): Record<string, unknown> =>
  responseType.toObject(responseType.decode(bytes), { longs: Number });

/** An array of values, which some attributes have. */
export const listAttribute = (key: string, values: readonly string[]) => ({
  key,
  value: { arrayValue: { values: values.map((stringValue) => ({ stringValue })) } },
});
