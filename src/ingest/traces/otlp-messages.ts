import protobuf from 'protobufjs/light.js';
import { refusal } from '../../web/read-body.ts';

/**
 * What is read of OTLP's ExportTraceServiceRequest (opentelemetry-proto 1.x). Lists and maps of attributes are left out:
 * nothing is read of them, and what is skipped cannot nest too deeply.
 */
const { nested } = {
  nested: {
    Request: { fields: { resourceSpans: { id: 1, rule: 'repeated', type: 'ResourceSpans' } } },
    ResourceSpans: {
      fields: {
        resource: { id: 1, type: 'Resource' },
        scopeSpans: { id: 2, rule: 'repeated', type: 'ScopeSpans' },
      },
    },
    Resource: { fields: { attributes: { id: 1, rule: 'repeated', type: 'KeyValue' } } },
    ScopeSpans: {
      fields: { scope: { id: 1, type: 'Scope' }, spans: { id: 2, rule: 'repeated', type: 'Span' } },
    },
    Scope: { fields: { name: { id: 1, type: 'string' }, version: { id: 2, type: 'string' } } },
    Span: {
      fields: {
        traceId: { id: 1, type: 'bytes' },
        spanId: { id: 2, type: 'bytes' },
        parentSpanId: { id: 4, type: 'bytes' },
        name: { id: 5, type: 'string' },
        startTimeUnixNano: { id: 7, type: 'fixed64' },
        endTimeUnixNano: { id: 8, type: 'fixed64' },
        attributes: { id: 9, rule: 'repeated', type: 'KeyValue' },
        status: { id: 15, type: 'Status' },
      },
    },
    Status: { fields: { code: { id: 3, type: 'int32' } } },
    KeyValue: { fields: { key: { id: 1, type: 'string' }, value: { id: 2, type: 'AnyValue' } } },
    AnyValue: {
      fields: {
        stringValue: { id: 1, type: 'string' },
        boolValue: { id: 2, type: 'bool' },
        intValue: { id: 3, type: 'int64' },
        doubleValue: { id: 4, type: 'double' },
      },
      oneofs: { value: { oneof: ['stringValue', 'boolValue', 'intValue', 'doubleValue'] } },
    },
    Response: { fields: { partialSuccess: { id: 1, type: 'PartialSuccess' } } },
    PartialSuccess: {
      fields: { rejectedSpans: { id: 1, type: 'int64' }, errorMessage: { id: 2, type: 'string' } },
    },
  },
} as const;

const root = protobuf.Root.fromJSON(structuredClone({ nested }) as protobuf.INamespace);
const requestType = root.lookupType('Request');
const responseType = root.lookupType('Response');

/** A request in protobuf as the same object that JSON gives, except that ids are bytes. */
export function decodeRequest(body: Uint8Array): unknown {
  try {
    return requestType.toObject(requestType.decode(body), { longs: String });
  } catch {
    throw refusal(400, 'The body is no ExportTraceServiceRequest in protobuf.');
  }
}

/** What an answer says of spans that looked like calls and were not recorded. */
export interface PartialSuccess {
  rejectedSpans: number;
  errorMessage: string;
}

export const encodeResponse = (partialSuccess: PartialSuccess | undefined): Uint8Array =>
  responseType.encode(responseType.fromObject(partialSuccess ? { partialSuccess } : {})).finish();
