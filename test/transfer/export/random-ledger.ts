import * as fc from 'fast-check';
import { anyIdentifier, anyReason } from './random-text.ts';

const sometimes = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 3, nil: undefined });

/** Models by the price that the round trip gives them: of the catalogue, own, platform, only where imported, none. */
const models = [
  { provider: 'openai', model: 'gpt-4o' },
  { provider: 'own', model: 'large' },
  { provider: 'platform', model: 'small' },
  { provider: 'later', model: 'priced' },
  {},
];

/** In every ledger, so that each source of a cost is in every round. */
const oneOfEach = [...models, { costUsd: '0.5' }].map((named, no) => ({
  call: { requestId: `one of each ${no}`, inputTokens: 3, outputTokens: 5, ...named },
  reason: undefined,
}));

/** JSON objects as they may be sent: any keys, numbers up to the ends of double precision. */
const metadata = fc
  .dictionary(
    fc.oneof(anyIdentifier, fc.constantFrom('__proto__', '1', '')),
    fc.jsonValue({ stringUnit: 'grapheme' }),
    {
      maxKeys: 5,
    },
  )
  .filter((value) => !JSON.stringify(value).includes('\\u0000'));

const at = fc
  .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('2026-10-01T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString());

const call = fc
  .record({
    named: fc.oneof(
      fc.constantFrom(...models),
      fc.record({ provider: sometimes(anyIdentifier), model: sometimes(anyIdentifier) }),
    ),
    occurredAt: fc.oneof(at, fc.constant('2026-04-01T00:00:00.000Z')),
    agentId: sometimes(anyIdentifier),
    operation: sometimes(anyIdentifier),
    channelId: sometimes(anyIdentifier),
    userId: sometimes(anyIdentifier),
    botId: sometimes(anyIdentifier),
    threadId: sometimes(anyIdentifier),
    knowledgeBaseId: sometimes(anyIdentifier),
    tokens: fc.array(fc.nat(200_000_000), { minLength: 5, maxLength: 5 }),
    durationMs: sometimes(fc.oneof(fc.nat(60_000), fc.constant(Number.MAX_SAFE_INTEGER))),
    status: fc.constantFrom('SUCCESS' as const, 'FAILED' as const),
    costUsd: sometimes(fc.stringMatching(/^[0-9]{1,12}\.[0-9]{1,18}$/)),
    metadata: sometimes(metadata),
  })
  .map(({ named, tokens: [cached = 0, written = 0, other = 0, reasoning = 0, said = 0], ...call }) => ({
    ...named,
    ...call,
    inputTokens: cached + written + other,
    outputTokens: reasoning + said,
    cachedInputTokens: cached,
    cacheWriteTokens: written,
    reasoningTokens: reasoning,
  }));

/** Calls under keys of their own, with the reason for which each is voided, if it is. */
export const randomLedger = fc
  .uniqueArray(fc.tuple(anyIdentifier, call, fc.option(anyReason, { freq: 3, nil: undefined })), {
    selector: ([requestId]) => requestId,
    minLength: 5,
    maxLength: 40,
  })
  .map((calls) => [
    ...calls.map(([requestId, call, reason]) => ({ call: { requestId, ...call }, reason })),
    ...oneOfEach,
  ]);

export type Ledger = {
  call: {
    requestId: string;
    inputTokens: number;
    outputTokens: number;
    metadata?: Record<string, unknown> | undefined;
  };
  /** Why it is voided; undefined for a call that counts. */
  reason: string | undefined;
}[];
