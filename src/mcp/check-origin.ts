import type { IncomingHttpHeaders } from 'node:http';
import { ForbiddenError } from '../values/errors.ts';

const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);

const hostnameOf = (url: string) => (URL.canParse(url) ? new URL(url).hostname : '');

/**
 * Refuses pages of other sites. A page may have its name resolved to this machine's address, so that its own origin and the
 * host that it asks are the same: what counts is whether the origin is known. Agents that are not pages send none.
 * @throws {ForbiddenError}
 */
export function checkOrigin({ origin, host }: IncomingHttpHeaders, allowed: readonly string[]): void {
  if (origin === undefined || allowed.includes(origin)) return;
  if (loopback.has(hostnameOf(origin)) && loopback.has(hostnameOf(`http://${host}`))) return;
  throw new ForbiddenError(
    `Pages of the origin '${origin.slice(0, 200)}' may not ask here; the gateway's operator can list it in CORS_ORIGINS.`,
  );
}
