import { wholeNumber } from './parsers.ts';

/** Bounds on what a request may ask for. */
export const reportLimitSettings = {
  ANSWER_MAX_MEGABYTES: wholeNumber(1, 1024)
    .default(32)
    .describe('Largest answer to a request, in MiB, as estimated from its rows, fields and aliases before it is made.'),
  REPORT_WAIT_SECONDS: wholeNumber(1, 600)
    .default(15)
    .describe('Longest time that a report waits for its turn to read, in seconds; then the caller gets OVERLOADED.'),
  REPORTS_WAITING_EACH: wholeNumber(1, 10_000)
    .default(64)
    .describe("Most reports of one tenant that wait for their turn; beyond them the tenant's callers get OVERLOADED."),
};

export interface ReportLimits {
  /** Longest wait of a report for its turn, in milliseconds. */
  waitMs: number;
  /** Reports of one tenant that wait. */
  waitingEach: number;
  /** Largest answer in bytes. */
  answerBytes: number;
}

export const reportLimits = (settings: Record<keyof typeof reportLimitSettings, number>): ReportLimits => ({
  waitMs: settings.REPORT_WAIT_SECONDS * 1000,
  waitingEach: settings.REPORTS_WAITING_EACH,
  answerBytes: settings.ANSWER_MAX_MEGABYTES * 1024 * 1024,
});
