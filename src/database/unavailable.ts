import { isTransient, sqlState } from './transaction.ts';

/** Servers that cannot be reached, are starting or stopping, are read-only, or lack resources or time. */
const unavailable = /^(ECONN\w+|ENOENT|ETIMEDOUT|E\w+UNREACH|ENOTFOUND|EAI_AGAIN|57P0.|25P03|25006|53...)$/;

/** Statements that took longer, or waited longer for a lock, than they may. */
const timedOut = /^(57014|55P03)$/;

/** Whether the database ended a statement because it took too long. */
export const isTimedOut = (cause: unknown): boolean => timedOut.test(sqlState(cause));

/** The driver's messages about its own connections have no code. */
const lostConnection =
  /Connection terminated|timeout exceeded when trying to connect|connection error and is not queryable|after calling end on the pool/;

/** Whether the cause is the database and a later attempt may succeed. A FATAL error refuses or ends a connection. */
export const isUnavailable = (cause: unknown): boolean =>
  cause instanceof Error &&
  (isTransient(cause) ||
    unavailable.test(sqlState(cause)) ||
    ('severity' in cause && cause.severity === 'FATAL') ||
    lostConnection.test(cause.message));
