import type { Plugin } from 'graphql-yoga';

const preflightSeconds = 7200;

/** What a request says about the page that sends it; null for what it does not say. */
export interface CrossOriginRequest {
  method: string | undefined;
  origin: string | null;
  /** Of a preflight: Access-Control-Request-Method and -Headers. */
  requestMethod: string | null;
  requestHeaders: string | null;
}

export const isPreflight = ({ method, requestMethod }: CrossOriginRequest): boolean =>
  method === 'OPTIONS' && requestMethod !== null;

/** The headers that let a page of a listed origin read an answer, besides Vary: Origin; none for other pages. */
export function corsHeaders(origins: readonly string[], request: CrossOriginRequest): Record<string, string> {
  const { origin, requestHeaders } = request;
  if (origin === null || !origins.includes(origin)) return {};
  return {
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'retry-after, www-authenticate',
    ...(isPreflight(request)
      ? {
          'access-control-allow-methods': 'GET, POST',
          'access-control-max-age': String(preflightSeconds),
          ...(requestHeaders === null ? {} : { 'access-control-allow-headers': requestHeaders }),
        }
      : {}),
  };
}

const crossOrigin = ({ method, headers }: Request): CrossOriginRequest => ({
  method,
  origin: headers.get('origin'),
  requestMethod: headers.get('access-control-request-method'),
  requestHeaders: headers.get('access-control-request-headers'),
});

/**
 * Lets browsers call from the listed origins only. Yoga's own CORS support names a listed origin, or "null", to all others
 * too, and any sandboxed page can have the origin "null".
 */
export function useListedOrigins(origins: readonly string[]): Plugin {
  return {
    onRequest({ request, fetchAPI, endResponse }) {
      if (isPreflight(crossOrigin(request))) endResponse(new fetchAPI.Response(null, { status: 204 }));
    },
    onResponse({ request, response: { headers } }) {
      headers.append('vary', 'Origin');
      for (const [name, value] of Object.entries(corsHeaders(origins, crossOrigin(request)))) headers.set(name, value);
    },
  };
}
