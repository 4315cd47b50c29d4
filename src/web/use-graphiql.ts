import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { FetchAPI, Plugin } from 'graphql-yoga';
import type { Logger } from '../settings/log.ts';
import { errorResponse } from './error-response.ts';
import { graphiqlDoor } from './graphiql-door.ts';
import { makeGraphiQLPage, type GraphiQLPage } from './graphiql-page.ts';

const unpack = promisify(gunzip);

/** People type keys there: nothing is loaded from or sent to another host, and no other page may frame it. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'unsafe-inline' blob:",
  'worker-src blob:',
  "style-src 'unsafe-inline'",
  'font-src data:',
  'img-src data:',
  "connect-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Serves GraphiQL to browsers that open the endpoint. Those to whom it is closed get a page that asks again with the key of
 * the tab.
 */
export function useGraphiQL(
  endpoint: string,
  isOpenTo: (request: Request, serverContext: object) => Promise<boolean>,
  log: Logger,
): Plugin {
  let making: Promise<GraphiQLPage> | undefined;
  const page = async () => {
    making ??= makeGraphiQLPage();
    try {
      return await making;
    } catch (error) {
      making = undefined;
      throw error;
    }
  };
  return {
    async onRequest({ request, url, serverContext, fetchAPI, endResponse }) {
      if (request.method !== 'GET' || url.pathname !== endpoint) return;
      if (!request.headers.get('accept')?.includes('text/html')) return;
      if (!(await isOpenTo(request, serverContext))) {
        // A key that lets nobody in is refused as everywhere else.
        if (!request.headers.has('authorization')) endResponse(doorResponse(fetchAPI));
        return;
      }
      try {
        endResponse(await pageResponse(request, fetchAPI, await page()));
      } catch (error) {
        log.error({ err: error }, 'GraphiQL cannot be shown');
        endResponse(errorResponse(fetchAPI, 500, 'INTERNAL_SERVER_ERROR', 'GraphiQL cannot be shown.'));
      }
    },
  };
}

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': contentSecurityPolicy,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

const doorResponse = ({ Response }: FetchAPI): Response =>
  new Response(graphiqlDoor, {
    status: 401,
    headers: { ...pageHeaders, 'cache-control': 'no-store', vary: 'Accept', 'www-authenticate': 'Bearer' },
  });

async function pageResponse(
  request: Request,
  { Response }: FetchAPI,
  { gzipped, etag }: GraphiQLPage,
): Promise<Response> {
  const headers = { etag, 'cache-control': 'private, no-cache', vary: 'Accept, Accept-Encoding, Authorization' };
  if (request.headers.get('if-none-match')?.includes(etag)) return new Response(null, { status: 304, headers });
  const takesGzip = /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '');
  const body = takesGzip ? gzipped : await unpack(gzipped);
  return new Response(body, {
    headers: {
      ...headers,
      ...pageHeaders,
      'content-length': String(body.byteLength),
      ...(takesGzip ? { 'content-encoding': 'gzip' } : {}),
    },
  });
}
