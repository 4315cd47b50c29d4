import { isJsonObject } from '../../values/json.ts';

export type AttributeValue = string | number | boolean;
export type Attributes = ReadonlyMap<string, AttributeValue>;

/** What is read of a span. */
export interface Span {
  /** In lower-case hexadecimal digits. */
  traceId: string;
  spanId: string;
  parentId: string | undefined;
  name: string;
  /** Name and version of the instrumentation that made it. */
  scope: string;
  scopeVersion: string;
  attributes: Attributes;
  resource: Attributes;
  /** Unix time in milliseconds; undefined where it was left out. */
  startMs: number | undefined;
  endMs: number | undefined;
  failed: boolean;
}

const listOf = (value: unknown, name: string): readonly Record<string, unknown>[] => {
  const list = isJsonObject(value) ? value[name] : undefined;
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
};

/** The spans of an ExportTraceServiceRequest, given as JSON or decoded from protobuf. What has no ids is left out. */
export function spansOf(request: unknown): Span[] {
  return listOf(request, 'resourceSpans').flatMap((group) => {
    const resource = attributesOf(group['resource']);
    return listOf(group, 'scopeSpans').flatMap((inScope) => {
      const { name = '', version = '' } = isJsonObject(inScope['scope']) ? inScope['scope'] : {};
      const scope = { scope: String(name), scopeVersion: String(version) };
      return listOf(inScope, 'spans').flatMap((span) => toSpan(span, { ...scope, resource }) ?? []);
    });
  });
}

const failedCodes = new Set<unknown>([2, '2', 'STATUS_CODE_ERROR']);

function toSpan(
  span: Readonly<Record<string, unknown>>,
  around: Pick<Span, 'scope' | 'scopeVersion' | 'resource'>,
): Span | undefined {
  const traceId = idOf(span['traceId']);
  const spanId = idOf(span['spanId']);
  if (traceId === undefined || spanId === undefined) return undefined;
  return {
    ...around,
    traceId,
    spanId,
    parentId: idOf(span['parentSpanId']),
    name: typeof span['name'] === 'string' ? span['name'] : '',
    attributes: attributesOf(span),
    startMs: millisecondsOf(span['startTimeUnixNano']),
    endMs: millisecondsOf(span['endTimeUnixNano']),
    failed: isJsonObject(span['status']) && failedCodes.has(span['status']['code']),
  };
}

const base64 = /^(?:[A-Za-z0-9+/]{22}==|[A-Za-z0-9+/]{11}=)$/;

/** An id in hexadecimal; undefined for none, for zeros and for what cannot be one. Older exporters write it in base64. */
function idOf(value: unknown): string | undefined {
  if (value instanceof Uint8Array) return idOf(Buffer.from(value).toString('hex'));
  if (typeof value !== 'string' || /^0*$/.test(value)) return undefined;
  if (base64.test(value)) return idOf(Buffer.from(value, 'base64').toString('hex'));
  return /^[\w-]{1,64}$/.test(value) ? value.toLowerCase() : undefined;
}

function millisecondsOf(nanoseconds: unknown): number | undefined {
  if (typeof nanoseconds !== 'string' && typeof nanoseconds !== 'number') return undefined;
  if (!/^[1-9]\d{0,19}$/.test(String(nanoseconds))) return undefined;
  return Number(BigInt(nanoseconds) / 1000n) / 1000;
}

function attributesOf(holder: unknown): Attributes {
  const attributes = new Map<string, AttributeValue>();
  for (const { key, value } of listOf(holder, 'attributes')) {
    const read = isJsonObject(value) ? scalarOf(value) : undefined;
    if (typeof key === 'string' && read !== undefined) attributes.set(key, read);
  }
  return attributes;
}

function scalarOf({ stringValue, intValue, doubleValue, boolValue }: Readonly<Record<string, unknown>>) {
  if (typeof stringValue === 'string') return stringValue;
  if (typeof intValue === 'string' || typeof intValue === 'number') return intValue;
  if (typeof doubleValue === 'number' || typeof doubleValue === 'string') return doubleValue;
  return typeof boolValue === 'boolean' ? boolValue : undefined;
}
