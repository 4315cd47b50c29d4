import type { Plugin } from 'graphql-yoga';

/** Content types that browsers send across origins without asking first. */
const refused = /^(multipart\/form-data|application\/x-www-form-urlencoded|text\/plain)\b/i;

/** Refuses forms with 415: nothing here takes files, and another site's form must not become a mutation. */
export function useJsonRequests(): Plugin {
  return {
    onRequest({ request, fetchAPI, endResponse }) {
      if (request.method !== 'POST' || !refused.test(request.headers.get('content-type') ?? '')) return;
      const error = { message: 'Send application/json.', extensions: { code: 'VALIDATION_ERROR' } };
      endResponse(fetchAPI.Response.json({ errors: [error] }, { status: 415 }));
    },
  };
}
