import type { Plugin } from 'graphql-yoga';

const preflightSeconds = 7200;

/**
 * Lets browsers call from the listed origins only. Yoga's own CORS support names a listed origin, or "null", to all others
 * too, and any sandboxed page can have the origin "null".
 */
export function useListedOrigins(origins: readonly string[]): Plugin {
  const isPreflight = (request: Request) =>
    request.method === 'OPTIONS' && request.headers.has('access-control-request-method');
  return {
    onRequest({ request, fetchAPI, endResponse }) {
      if (isPreflight(request)) endResponse(new fetchAPI.Response(null, { status: 204 }));
    },
    onResponse({ request, response: { headers } }) {
      headers.append('vary', 'Origin');
      const origin = request.headers.get('origin');
      if (origin === null || !origins.includes(origin)) return;
      headers.set('access-control-allow-origin', origin);
      headers.set('access-control-expose-headers', 'retry-after, www-authenticate');
      if (!isPreflight(request)) return;
      headers.set('access-control-allow-methods', 'GET, POST');
      headers.set('access-control-max-age', String(preflightSeconds));
      const asked = request.headers.get('access-control-request-headers');
      if (asked !== null) headers.set('access-control-allow-headers', asked);
    },
  };
}
