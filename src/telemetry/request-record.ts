import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

/** What operators see of a request. Nothing in it is chosen by the caller, except for a request id that is a UUID. */
export interface RequestRecord {
  readonly id: string;
  /** Kind of the operation, "ingest" for calls sent by plain HTTP, "mcp" for agents' messages; "none" when nothing was executed. */
  kind: 'query' | 'mutation' | 'subscription' | 'ingest' | 'mcp' | 'none';
  /** Root fields of the schema that were asked for, the path that calls or messages were sent to, or an agent's tool. */
  fields: readonly string[];
  /** Kind of the caller; "unknown" for an invalid credential and before it is checked. */
  caller: string;
  /** The caller's own tenant. */
  tenantId: string | undefined;
  /** Codes of the answer's errors. */
  codes: string[];
  /** Rows that statements have returned or changed, and calls sent to be stored. */
  rows: number;
}

const current = new AsyncLocalStorage<RequestRecord | undefined>();

/** The request that is being answered here; undefined in the background and in work for several requests. */
export const currentRequest = (): RequestRecord | undefined => current.getStore();

export const duringRequest = <T>(record: RequestRecord, work: () => T): T => current.run(record, work);

/** Work for several requests, of which none is to be charged. */
export const outsideRequests = <T>(work: () => T): T => current.run(undefined, work);

const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** @param sentId Id that the caller sent. Only a UUID is taken over, as anything else could be a secret or forged text. */
export const newRequestRecord = (sentId: string | undefined): RequestRecord => ({
  id: sentId !== undefined && uuid.test(sentId) ? sentId.toLowerCase() : randomUUID(),
  kind: 'none',
  fields: [],
  caller: 'unknown',
  tenantId: undefined,
  codes: [],
  rows: 0,
});
