import { wholeNumber } from './parsers.ts';

/** Bounds on what a request may ask for. */
export const reportLimitSettings = {
  ANSWER_MAX_MEGABYTES: wholeNumber(1, 1024)
    .default(32)
    .describe('Largest answer to a request, in MiB, as estimated from its rows, fields and aliases before it is made.'),
  REPORT_MAX_CALLS_READ: wholeNumber(1000, 10_000_000_000)
    .optional()
    .describe(
      'Most calls that the reports of a request read one by one where no summary answers them. By default 50,000,000 on a server, and 1,000,000 on the embedded database, whose statements nobody can end.',
    ),
  REPORT_MAX_ROWS: wholeNumber(1000, 100_000_000)
    .default(500_000)
    .describe(
      'Most rows of the reports of a request, buckets of groups among them, as they would be at most. A row with percentiles counts as eight more for each distribution.',
    ),
  REPORT_WAIT_SECONDS: wholeNumber(1, 600)
    .default(15)
    .describe('Longest time that a report waits for its turn to read, in seconds; then the caller gets OVERLOADED.'),
  REPORTS_WAITING_EACH: wholeNumber(1, 10_000)
    .default(64)
    .describe("Most reports of one tenant that wait for their turn; beyond them the tenant's callers get OVERLOADED."),
};

export interface ReportLimits {
  /** Most rows of the reports of a request. */
  rows: number;
  /** Most calls that the reports of a request read one by one. */
  callsRead: number;
  /** Longest wait of a report for its turn, in milliseconds. */
  waitMs: number;
  /** Reports of one tenant that wait. */
  waitingEach: number;
  /** Largest answer in bytes. */
  answerBytes: number;
}

/** Most calls read one by one on a server, and on the embedded database. */
const standardCallsRead = { server: 50_000_000, embedded: 1_000_000 };

type Settings = Record<Exclude<keyof typeof reportLimitSettings, 'REPORT_MAX_CALLS_READ'>, number> & {
  REPORT_MAX_CALLS_READ?: number | undefined;
};

export const reportLimits = (settings: Settings, isServer: boolean): ReportLimits => ({
  callsRead: settings.REPORT_MAX_CALLS_READ ?? standardCallsRead[isServer ? 'server' : 'embedded'],
  rows: settings.REPORT_MAX_ROWS,
  waitMs: settings.REPORT_WAIT_SECONDS * 1000,
  waitingEach: settings.REPORTS_WAITING_EACH,
  answerBytes: settings.ANSWER_MAX_MEGABYTES * 1024 * 1024,
});
