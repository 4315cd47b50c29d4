import type { Plugin } from 'graphql-yoga';
import type { Authenticator } from '../access/authenticate.ts';
import { toClientError } from '../graphql/client-error.ts';
import type { Logger } from '../settings/log.ts';
import type { Principal } from '../caller/principal.ts';
import { currentRequest } from '../telemetry/request-record.ts';

export interface Authenticated {
  principal: Principal;
}

/** Authenticates the caller before the document is read. An invalid credential ends the request with 401. */
export function useAuthentication(authenticator: Authenticator, log: Logger): Plugin<object, object> {
  return {
    async onParams({ request, context, setResult }) {
      try {
        const principal = await authenticator.authenticate(request.headers.get('authorization'));
        Object.assign(context, { principal } satisfies Authenticated);
        noteCaller(principal);
      } catch (error) {
        setResult({ errors: [toClientError(error, log)] });
      }
    },
  };
}

/** For the log and the metrics. */
function noteCaller(principal: Principal): void {
  const request = currentRequest();
  if (!request) return;
  request.caller = principal.kind;
  request.tenantId = 'tenantId' in principal ? principal.tenantId : undefined;
}
