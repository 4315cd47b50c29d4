import * as fc from 'fast-check';
import type { Filters, RecordedCall } from '../support/oracle.ts';
import { dayMs, hourMs, minuteMs } from './intl-clock.ts';

/** What the gateway's clock shows: within the hour that Europe/Berlin has twice. */
export const now = Date.parse('2026-10-25T01:30:00.000Z');

/** Ids in one tenant order and, with "Acme" and "acme", in one that takes case for nothing. */
export const tenants = [
  { id: 'Acme', timezone: 'Europe/Berlin' },
  { id: 'acme', timezone: 'Asia/Kathmandu' },
  { id: 'berlin', timezone: 'UTC' },
  { id: 'Zürich', timezone: 'Pacific/Apia' },
  { id: 'without calls', timezone: 'UTC' },
] as const;
const recordingTenants = tenants.slice(0, -1).map(({ id }) => id);

/** Registered agents have names that sort otherwise than their ids, and one name is there twice. */
export const agentNames: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  [
    'Acme',
    new Map([
      ['agent-1', 'Translator'],
      ['agent-2', 'archivist'],
      ['agent-3', 'Translator'],
    ]),
  ],
  [
    'acme',
    new Map([
      ['agent-2', 'Zoe'],
      ['ﬁnder', 'ﬁnder'],
    ]),
  ],
]);

/** UTF-16 sorts the last two the other way round. */
const agents = ['agent-1', 'agent-2', 'agent-3', 'Agent-4', 'ärger', 'ﬁnder', '😀'];

/** Where clocks change, years and days begin. */
const turningPoints = [
  '2010-11-07T02:31Z', // America/St_Johns goes back from 00:01
  '2011-12-30T10:00Z', // Pacific/Apia goes on from 29 to 31 December
  '2024-10-27T01:00Z', // Europe/Berlin goes back
  '2025-03-09T07:00Z', // America/New_York goes forward
  '2025-04-05T15:00Z', // Australia/Lord_Howe goes back by half an hour
  '2025-12-31T18:15Z', // 2026 begins in Asia/Kathmandu
  '2026-03-29T01:00Z', // Europe/Berlin by one, Antarctica/Troll by two hours forward
  '2026-10-25T01:00Z', // both go back
].map((text) => Date.parse(text));

const distance = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(0, -1, 1) },
  { weight: 3, arbitrary: fc.integer({ min: -12, max: 12 }).map((quarters) => (quarters * hourMs) / 4) },
  { weight: 2, arbitrary: fc.integer({ min: -90, max: 90 }).map((minutes) => minutes * minuteMs) },
  { weight: 3, arbitrary: fc.integer({ min: -3 * dayMs, max: 3 * dayMs }) },
  { weight: 1, arbitrary: fc.integer({ min: -40 * dayMs, max: 40 * dayMs }) },
);

/** Instants close to turning points, on borders of buckets more often than not. */
export const eventfulInstant = fc.tuple(fc.constantFrom(...turningPoints), distance).map(([point, by]) => point + by);

const latest = now + 5 * minuteMs;

const tokens = fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 400_000_000 }), fc.constant(0));
const sometimes = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 4 });
const one = (...values: string[]) => sometimes(fc.constantFrom(...values));

/** Up to 12 digits before the point and up to 18 behind it. */
const cost = fc.oneof(
  fc.constantFrom('0', '0.0000000001', '0.000000000000000001', '999999999999.999999999999999999'),
  fc
    .tuple(fc.integer({ min: 0, max: 99 }), fc.stringMatching(/^[0-9]{1,18}$/))
    .map(([dollars, fraction]) => `${dollars}.${fraction}`),
);

const duration = fc.oneof(fc.integer({ min: 0, max: 60_000 }), fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER));

const quantity = fc.oneof(
  fc.constantFrom('1', '2', '0.5', '0.000000000001', '999999999999'),
  fc.integer({ min: 0, max: 100_000 }).map((hundredths) => String(hundredths / 100)),
);

/** Billed by the second, by the piece or not at all; most calls have none. */
const units = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.dictionary(fc.constantFrom('web_searches', 'audio_seconds', 'pages'), quantity) },
);

/** What calls are for; many say nothing of some of it, and one tag is called like a property of every object. */
const tags = fc
  .record({
    team: one('search', 'Support', 'ärger', "o'hara"),
    env: one('production', 'staging'),
    'a.b-c': one('1', '2', '3'),
    constructor: one('x'),
  })
  .map((tags) =>
    Object.fromEntries(Object.entries(tags).flatMap(([name, value]) => (value === null ? [] : [[name, value]]))),
  );

const call: fc.Arbitrary<Omit<RecordedCall, 'requestId'>> = fc
  .record({
    tenantId: fc.constantFrom(...recordingTenants),
    occurredAt: eventfulInstant.filter((at) => at <= latest),
    agentId: one(...agents),
    // Names of no real provider: nobody's price list has them.
    provider: one('north', 'South', 'unknown'),
    model: one('large', 'small', 'Small', 'unknown'),
    channelId: one('web', 'chat', 'unknown'),
    userId: one('ada', 'Ben', 'unknown', 'çelik'),
    botId: one('bot-1', 'bot-2'),
    threadId: one('thread-1', 'thread-2'),
    knowledgeBaseId: one('kb-1'),
    operation: one('chat', 'embedding'),
    status: fc.constantFrom('SUCCESS', 'SUCCESS', 'FAILED'),
    serviceTier: one('batch', 'flex', 'standard'),
    inputTokens: tokens,
    outputTokens: tokens,
    cached: fc.double({ min: 0, max: 1, noNaN: true }),
    written: fc.double({ min: 0, max: 1, noNaN: true }),
    reasoning: fc.double({ min: 0, max: 1, noNaN: true }),
    durationMs: sometimes(duration),
    timeToFirstTokenMs: sometimes(duration),
    units,
    tags,
    costUsd: sometimes(cost),
  })
  .map(({ cached, written, reasoning, ...call }) => ({
    ...call,
    cachedInputTokens: Math.floor(call.inputTokens * cached),
    cacheWriteTokens: Math.floor((call.inputTokens - Math.floor(call.inputTokens * cached)) * written),
    reasoningTokens: Math.floor(call.outputTokens * reasoning),
  }));

export const randomCalls = (count: number, seed: number): RecordedCall[] =>
  fc.sample(call, { numRuns: count, seed }).map((call, no) => ({ ...call, requestId: `request-${no}` }));

/** Values that nobody recorded, most of them such that nobody can. */
const odd = fc.constantFrom('nobody', '', '\u0000', '\ud800', 'x'.repeat(201));

const some = (...recorded: string[]) =>
  fc.array(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...recorded) }, { weight: 1, arbitrary: odd }), {
    maxLength: 4,
  });

const everyFilter: { [Field in keyof Filters]-?: fc.Arbitrary<NonNullable<Filters[Field]>> } = {
  agentId: some(...agents),
  provider: some('north', 'South', 'unknown'),
  model: some('large', 'small', 'Small', 'unknown'),
  channelId: some('web', 'chat', 'unknown'),
  userId: some('ada', 'Ben', 'unknown', 'çelik'),
  botId: some('bot-1', 'bot-2'),
  threadId: some('thread-1', 'thread-2'),
  knowledgeBaseId: some('kb-1'),
  operation: some('chat', 'embedding'),
  status: fc.subarray(['SUCCESS', 'FAILED']),
  serviceTier: some('batch', 'flex', 'standard'),
  costSource: fc.subarray(['CALLER', 'UNPRICED']),
  tags: fc.uniqueArray(
    fc.record({
      name: fc.constantFrom('team', 'env', 'a.b-c', 'constructor', 'nothing'),
      values: some('search', 'Support', 'ärger', "o'hara", 'production', '1', '2', 'x'),
    }),
    { minLength: 1, maxLength: 2, selector: ({ name }) => name },
  ),
};

/** A few filters at once at most, so that calls are left. */
export const filters: fc.Arbitrary<Filters> = fc
  .record(everyFilter)
  .chain((all) =>
    fc
      .oneof(
        { weight: 3, arbitrary: fc.constant([]) },
        { weight: 4, arbitrary: fc.subarray(Object.keys(all), { maxLength: 2 }) },
      )
      .map((kept) => Object.fromEntries(Object.entries(all).filter(([field]) => kept.some((name) => name === field)))),
  );
