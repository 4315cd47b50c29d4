import { wholeNumber } from './parsers.ts';

/** Bounds on what a request may ask for. */
export const reportLimitSettings = {
  ANSWER_MAX_MEGABYTES: wholeNumber(1, 1024)
    .default(32)
    .describe('Largest answer to a request, in MiB, as estimated from its rows, fields and aliases before it is made.'),
};

export interface ReportLimits {
  /** Largest answer in bytes. */
  answerBytes: number;
}

export const reportLimits = (settings: Record<keyof typeof reportLimitSettings, number>): ReportLimits => ({
  answerBytes: settings.ANSWER_MAX_MEGABYTES * 1024 * 1024,
});
