import { wholeNumber } from './parsers.ts';

/** Bounds on answers that go on: subscriptions. */
export const liveLimitSettings = {
  LIVE_STREAMS: wholeNumber(1, 100_000)
    .default(2000)
    .describe('Most subscriptions that are open on a gateway at the same time; beyond them callers get OVERLOADED.'),
  LIVE_STREAMS_EACH_TENANT: wholeNumber(1, 100_000)
    .default(1000)
    .describe('Of these, most of one tenant; beyond them its callers get RATE_LIMITED.'),
  LIVE_STREAMS_EACH_KEY: wholeNumber(1, 100_000)
    .default(100)
    .describe('Of these, most of one API key or signed-in user; beyond them it gets RATE_LIMITED.'),
  LIVE_LOOK_MS: wholeNumber(50, 1000)
    .default(250)
    .describe(
      'How often a gateway looks into the database for changes while subscriptions are open, in milliseconds; the shortest `everyMs`.',
    ),
  LIVE_ANSWER_MAX_KILOBYTES: wholeNumber(1, 65_536)
    .default(1024)
    .describe('Largest single answer of a subscription, in KiB; a slow reader holds one of them.'),
};

/** The longest time between reports that a subscription may ask for. */
export const longestEveryMs = 3_600_000;

export interface LiveLimits {
  /** Open subscriptions of a gateway, of a tenant, and of a key or user. */
  streams: number;
  streamsEachTenant: number;
  streamsEachKey: number;
  /** Milliseconds between two looks for changes. */
  lookMs: number;
  /** Largest answer in bytes. */
  answerBytes: number;
}

export const liveLimits = (settings: Record<keyof typeof liveLimitSettings, number>): LiveLimits => ({
  streams: settings.LIVE_STREAMS,
  streamsEachTenant: settings.LIVE_STREAMS_EACH_TENANT,
  streamsEachKey: settings.LIVE_STREAMS_EACH_KEY,
  lookMs: settings.LIVE_LOOK_MS,
  answerBytes: settings.LIVE_ANSWER_MAX_KILOBYTES * 1024,
});
