import { builder } from '../graphql/builder.ts';
import type { OwnRateLimit } from '../caller/principal.ts';
import { boundsInWords } from './rate-limit.ts';

export const RateLimitRef = builder.objectRef<OwnRateLimit>('RateLimit').implement({
  description:
    'What one gateway lets through in the long run, with a burst of ten seconds and at least one full batch.',
  fields: (t) => ({
    callsPerSecond: t.exposeFloat('callsPerSecond', {
      nullable: true,
      description: 'Calls a second that may be recorded; null where the setting of the gateway applies.',
    }),
    requestsPerSecond: t.exposeFloat('requestsPerSecond', {
      nullable: true,
      description: 'Requests a second that may be sent; null where the setting of the gateway applies.',
    }),
  }),
});

export const RateLimitInput = builder.inputType('RateLimitInput', {
  description: 'A rate limit in place of the one in the settings of the gateway.',
  fields: (t) => ({
    callsPerSecond: t.float({
      description: `Calls a second that may be recorded, ${boundsInWords}. Null for the setting of the gateway.`,
    }),
    requestsPerSecond: t.float({
      description: `Requests a second that may be sent, ${boundsInWords}. Null for the setting of the gateway.`,
    }),
  }),
});
