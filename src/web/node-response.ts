import type { ServerResponse } from 'node:http';

/** Node's response, which Yoga's context has where requests come from Node's server. */
export const responseOf = (serverContext: object): ServerResponse | undefined =>
  (serverContext as { res?: ServerResponse }).res;
