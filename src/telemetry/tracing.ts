import type { IncomingHttpHeaders } from 'node:http';

export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** A span that has begun. */
export interface OpenSpan {
  /** Its trace, for the log. */
  readonly traceId: string;
  /** Does work of which further spans are part of this one. */
  run<T>(work: () => T): T;
  end(change?: { name?: string; attributes?: Attributes; failed?: boolean }): void;
}

/** What makes spans. The libraries behind it are loaded only where it is used. */
export interface Tracing {
  startSpan(name: string, attributes: Attributes, kind: SpanKind): OpenSpan;
  /** Span of a request; part of the trace that its headers name. */
  startRequestSpan(name: string, headers: IncomingHttpHeaders): OpenSpan;
  /** Headers that make what is called part of the current trace. */
  outgoingHeaders(): Record<string, string>;
  /** Sends what is left. */
  stop(): Promise<void>;
}

export type SpanKind = 'internal' | 'client';

/** That of the process, as the libraries are; undefined while nothing is traced. */
let tracing: Tracing | undefined;

export const traceWith = (used: Tracing | undefined): void => {
  tracing = used;
};

export const isTracing = (): boolean => tracing !== undefined;

export const startSpan = (name: string, attributes: Attributes = {}, kind: SpanKind = 'internal') =>
  tracing?.startSpan(name, attributes, kind);

export const startRequestSpan = (name: string, headers: IncomingHttpHeaders) =>
  tracing?.startRequestSpan(name, headers);

/** Does work in a span of its own. */
export async function inSpan<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
  const span = startSpan(name, attributes);
  if (!span) return work();
  try {
    const result = await span.run(work);
    span.end();
    return result;
  } catch (error) {
    span.end({ failed: true });
    throw error;
  }
}

/** `fetch` with a span, which the other side is told of. */
export async function tracedFetch(url: string, init: RequestInit): Promise<Response> {
  const span = startSpan('GET', { 'http.request.method': 'GET', 'server.address': new URL(url).hostname }, 'client');
  if (!span) return fetch(url, init);
  try {
    const response = await span.run(() => {
      const headers = new Headers(init.headers);
      for (const [name, value] of Object.entries(tracing?.outgoingHeaders() ?? {})) headers.set(name, value);
      return fetch(url, { ...init, headers });
    });
    span.end({ attributes: { 'http.response.status_code': response.status }, failed: !response.ok });
    return response;
  } catch (error) {
    span.end({ failed: true });
    throw error;
  }
}
