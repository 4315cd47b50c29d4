import type { Plugin } from 'graphql-yoga';
import { toClientError } from '../graphql/client-error.ts';
import type { Logger } from '../settings/log.ts';
import type { Principal } from '../caller/principal.ts';
import { refusalResponse } from './error-response.ts';
import { currentRequest } from '../telemetry/request-record.ts';

export interface Authenticated {
  principal: Principal;
}

const principals = new WeakMap<Request, Principal>();

/** Says who sends a request that does not come in by the endpoint, but has been admitted like those that do. */
export const setCaller = (request: Request, principal: Principal): void => void principals.set(request, principal);

/** Who sends a request; undefined where nobody has to be known, as for health. */
export const knownCaller = (request: Request): Principal | undefined => principals.get(request);

/** Who sends a request to the endpoint, which is known before anything but its headers is read. */
export function principalOf(request: Request): Principal {
  const principal = principals.get(request);
  if (!principal) throw new Error('The caller of a request is known before its body is read.');
  return principal;
}

/**
 * Authenticates the caller before the body is read. An invalid credential ends the request with 401, and too many of them
 * with 429.
 */
export function useAuthentication(
  endpoint: string,
  authenticate: (request: Request, serverContext: object) => Promise<Principal>,
  log: Logger,
): Plugin<object, object> {
  return {
    async onRequest({ request, url, serverContext, fetchAPI, endResponse }) {
      if (url.pathname !== endpoint || request.method === 'OPTIONS') return;
      try {
        const principal = await authenticate(request, serverContext);
        principals.set(request, principal);
        noteCaller(principal);
      } catch (error) {
        endResponse(refusalResponse(fetchAPI, toClientError(error, log)));
      }
    },
    onParams({ request, context }) {
      Object.assign(context, { principal: principalOf(request) } satisfies Authenticated);
    },
  };
}

/** For the log and the metrics. */
export function noteCaller(principal: Principal): void {
  const request = currentRequest();
  if (!request) return;
  request.caller = principal.kind;
  request.tenantId = 'tenantId' in principal ? principal.tenantId : undefined;
}
