import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { TelemetryConfig } from '../settings/telemetry-config.ts';
import type { Logger } from '../settings/log.ts';
import { duringRequest, newRequestRecord, type RequestRecord } from './request-record.ts';
import { signals } from './signals.ts';
import { startRequestSpan, type OpenSpan } from './tracing.ts';

/** Name of the header with the id of a request, which the log and masked errors have as well. */
export const requestIdHeader = 'x-request-id';

const isHealth = ({ url = '' }: IncomingMessage) => url.startsWith('/health/');

/** Codes of answers that are not GraphQL's. */
const codeOfStatus: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  429: 'RATE_LIMITED',
  503: 'OVERLOADED',
  504: 'TIMEOUT',
};

/** Answers whose cause is the gateway or its load, and not the request. */
const isFault = (code: string) => faults.has(code);
const faults = new Set(['INTERNAL_SERVER_ERROR', 'OVERLOADED', 'TIMEOUT']);

/** Gives each request an id, a span and a record, and tells of it when it has been answered. */
export function observeRequests(
  handler: RequestListener,
  { requestLogSample, slowRequestMs }: Pick<TelemetryConfig, 'requestLogSample' | 'slowRequestMs'>,
  log: Logger,
): RequestListener {
  const finish = (record: RequestRecord, response: ServerResponse, startedMs: number, span: OpenSpan | undefined) => {
    const ms = performance.now() - startedMs;
    const code = codeOf(record, response);
    const { id, kind, fields, caller, tenantId, rows } = record;
    const { statusCode: status } = response;
    signals.request.emit({ record, ms, code });
    span?.end({
      name: kind === 'none' ? undefined : `${kind} ${fields.join(' ')}`,
      attributes: {
        'http.response.status_code': status,
        'graphql.operation.type': kind,
        'usage_gateway.request_id': id,
        'usage_gateway.caller': caller,
        'usage_gateway.code': code,
      },
      failed: isFault(code),
    });
    if (!isFault(code) && ms < slowRequestMs && Math.random() >= requestLogSample) return;
    const line = { requestId: id, kind, fields, tenantId, caller, code, status, ms: Math.round(ms * 10) / 10, rows };
    log.info(span ? { ...line, traceId: span.traceId } : line, 'request');
  };
  return (request, response) => {
    if (isHealth(request)) return handler(request, response);
    const record = newRequestRecord(request.headers[requestIdHeader]?.toString());
    const startedMs = performance.now();
    const span = startRequestSpan(request.method ?? 'GET', request.headers);
    response.setHeader(requestIdHeader, record.id);
    response.once('close', () => finish(record, response, startedMs, span));
    const handle = () => duringRequest(record, () => handler(request, response));
    return span ? span.run(handle) : handle();
  };
}

function codeOf({ codes: [first] }: RequestRecord, { statusCode, writableFinished }: ServerResponse): string {
  if (first !== undefined) return first;
  if (!writableFinished) return 'CLIENT_LEFT';
  if (statusCode < 400) return 'OK';
  return codeOfStatus[statusCode] ?? (statusCode < 500 ? 'VALIDATION_ERROR' : 'INTERNAL_SERVER_ERROR');
}
