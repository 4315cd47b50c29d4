import { wholeNumber } from './parsers.ts';

/** How long a gateway that serves waits for its PostgreSQL server. */
export const databaseLimitSettings = {
  STATEMENT_MAX_SECONDS: wholeNumber(1, 86_400)
    .default(30)
    .describe('Longest time that a statement on PostgreSQL takes, in seconds; then the caller gets TIMEOUT.'),
  RECORDING_STATEMENT_MAX_SECONDS: wholeNumber(1, 3600)
    .default(5)
    .describe('Longest time for the answer to a statement that stores calls, in seconds; then it is sent again.'),
  LOCK_MAX_SECONDS: wholeNumber(1, 3600)
    .default(5)
    .describe('Longest time that a statement waits for a lock, in seconds; then the caller gets TIMEOUT.'),
  IDLE_IN_TRANSACTION_MAX_SECONDS: wholeNumber(1, 3600)
    .default(15)
    .describe(
      'Longest time that a transaction does nothing before PostgreSQL ends it, in seconds, as when a gateway freezes.',
    ),
};

export interface DatabaseLimits {
  statementMs: number;
  recordingStatementMs: number;
  lockMs: number;
  idleInTransactionMs: number;
}

export const databaseLimits = (settings: Record<keyof typeof databaseLimitSettings, number>): DatabaseLimits => ({
  statementMs: settings.STATEMENT_MAX_SECONDS * 1000,
  recordingStatementMs: settings.RECORDING_STATEMENT_MAX_SECONDS * 1000,
  lockMs: settings.LOCK_MAX_SECONDS * 1000,
  idleInTransactionMs: settings.IDLE_IN_TRANSACTION_MAX_SECONDS * 1000,
});
