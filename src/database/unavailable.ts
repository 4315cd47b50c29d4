import { isTransient, sqlState } from './transaction.ts';

/** Servers that cannot be reached, are going or coming, only read, or have no room or no time for the work. */
const unavailable = /^(ECONN\w+|ENOENT|ETIMEDOUT|E\w+UNREACH|ENOTFOUND|EAI_AGAIN|57P0.|57014|55P03|25006|53...)$/;

/** What the driver says of its own connections comes without a code. */
const lostConnection =
  /Connection terminated|timeout exceeded when trying to connect|connection error and is not queryable|after calling end on the pool/;

/** Whether the database is to blame and a later attempt may succeed. A FATAL error refuses or ends the connection. */
export const isUnavailable = (cause: unknown): boolean =>
  cause instanceof Error &&
  (isTransient(cause) ||
    unavailable.test(sqlState(cause)) ||
    ('severity' in cause && cause.severity === 'FATAL') ||
    lostConnection.test(cause.message));
