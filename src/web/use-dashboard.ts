import type { FetchAPI, Plugin } from 'graphql-yoga';
import type { Logger } from '../settings/log.ts';
import type { SignInConfig } from '../settings/sign-in-config.ts';
import { pageName, readDashboard, type DashboardFile } from './dashboard/files.ts';
import { errorResponse } from './error-response.ts';

const assets = '/assets/';
const yearSeconds = 31_536_000;

/**
 * People type keys there: nothing is loaded from or sent to another host, except to the issuer that they sign in with, and
 * no other page may frame it.
 */
const contentSecurityPolicy = (signIn: SignInConfig | undefined) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self'${signIn ? ` ${new URL(signIn.issuer).origin}` : ''}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');

/** Serves the dashboard at `/`. Its files are named by what is in them, so browsers keep them for good; only the page is asked for again. */
export function useDashboard(signIn: SignInConfig | undefined, log: Logger): Plugin {
  const pageHeaders = {
    'cache-control': 'no-cache',
    'content-security-policy': contentSecurityPolicy(signIn),
    'cross-origin-opener-policy': 'same-origin',
  };
  let reading: Promise<Map<string, DashboardFile>> | undefined;
  return {
    async onRequest({ request, url, fetchAPI, endResponse }) {
      const isPage = url.pathname === '/';
      if (!isPage && !url.pathname.startsWith(assets)) return;
      if (request.method !== 'GET' && request.method !== 'HEAD') return;
      reading ??= readDashboard(signIn);
      const file = (await reading).get(isPage ? pageName : url.pathname.slice(assets.length));
      if (file && (isPage || !file.contentType.startsWith('text/html'))) {
        const headers = isPage ? pageHeaders : { 'cache-control': `public, max-age=${yearSeconds}, immutable` };
        endResponse(fileResponse(request, fetchAPI, file, headers));
      } else if (isPage) {
        log.error('The dashboard has not been built.');
        const message = 'The dashboard has not been built. Run `npm run dashboard`, then start the gateway again.';
        endResponse(errorResponse(fetchAPI, 404, 'NOT_FOUND', message));
      }
    },
  };
}

function fileResponse(
  request: Request,
  { Response }: FetchAPI,
  { contentType, etag, encoded }: DashboardFile,
  cacheHeaders: Record<string, string>,
): Response {
  const headers = { ...cacheHeaders, etag, vary: 'Accept-Encoding' };
  if (request.headers.get('if-none-match')?.includes(etag)) return new Response(null, { status: 304, headers });
  const accepted = request.headers.get('accept-encoding') ?? '';
  const encoding = (['br', 'gzip'] as const).find((name) => takes(accepted, name)) ?? 'identity';
  const body = encoded[encoding];
  return new Response(request.method === 'HEAD' ? null : body, {
    headers: {
      ...headers,
      'content-type': contentType,
      'content-length': String(body.byteLength),
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
    },
  });
}

/** Whether a header Accept-Encoding names a coding, and not only to refuse it with a weight of zero. */
const takes = (accepted: string, coding: string) =>
  accepted.split(',').some((part) => {
    const [name, ...parameters] = part.split(';').map((word) => word.trim().toLowerCase());
    return name === coding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
