import { Big } from 'big.js';
import { dayMs, hourMs, minuteMs } from '../reporting/intl-clock.ts';
import type { RecordedCall } from '../support/oracle.ts';
import type { Choices } from './choices.ts';

/** A time that is the same in every run, or one that is so long ago when it is first sent; negative for the future. */
export type When = { at: number } | { agoMs: number };

/** What a call says, without its key and time; `costUsd` is null where the gateway computes it. */
export type Content = Omit<RecordedCall, 'tenantId' | 'requestId' | 'occurredAt'>;

/** A call that a client has thought of. */
export interface PlannedCall {
  tenantId: string;
  requestId: string;
  content: Content;
  /** When it was made; undefined leaves that to the gateway. */
  when: When | undefined;
}

/** Where clocks change and years begin. */
const turningPoints = [
  '2024-10-27T01:00Z', // Europe/Berlin goes back
  '2025-03-09T07:00Z', // America/New_York goes forward
  '2025-03-30T01:00Z', // Europe/Berlin goes forward
  '2025-04-05T15:00Z', // Australia/Lord_Howe goes back by half an hour
  '2025-10-26T01:00Z', // Europe/Berlin goes back
  '2025-12-31T18:15Z', // 2026 begins in Asia/Kathmandu
].map((text) => Date.parse(text));

/** An instant close to a turning point, on borders of buckets more often than not. */
export function eventfulInstant(choices: Choices): number {
  const point = choices.pick(turningPoints) ?? 0;
  const distance = choices.weighted({ none: 2, quarters: 4, minutes: 3, days: 3 });
  if (distance === 'none') return point + choices.between(-1, 1);
  if (distance === 'quarters') return point + (choices.between(-12, 12) * hourMs) / 4;
  if (distance === 'minutes') return point + choices.between(-90, 90) * minuteMs;
  return point + choices.between(-3 * dayMs, 3 * dayMs);
}

/** When a call was made: late ones by years, by days or by a moment. */
function whenMade(choices: Choices): When | undefined {
  const kind = choices.weighted({ now: 35, late: 45, lately: 18, soon: 2 });
  if (kind === 'now') return undefined;
  if (kind === 'late') return { at: eventfulInstant(choices) };
  if (kind === 'soon') return { agoMs: -choices.between(1, 20) * 1000 };
  return { agoMs: choices.between(0, choices.pick([5 * minuteMs, 3 * hourMs, 40 * dayMs])) };
}

export const agents = ['agent-1', 'agent-2', 'agent-3', 'Agent-4', 'ärger', 'ﬁnder', '😀'] as const;
export const providers = ['north', 'South', 'unknown'] as const;
export const models = ['large', 'small', 'Small', 'unknown'] as const;
export const channels = ['web', 'chat', 'unknown'] as const;
export const users = ['ada', 'Ben', 'unknown', 'çelik'] as const;

const sometimes = <T>(choices: Choices, choose: () => T): T | null => (choices.percent(80) ? choose() : null);

function tokens(choices: Choices): number {
  return choices.percent(10) ? choices.between(0, 400_000_000) : choices.between(0, 5000);
}

function cost(choices: Choices): string {
  const odd = choices.percent(15);
  if (odd) return choices.pick(['0', '0.0000000001', '0.000000000000000001', '999999.999999999999999999']);
  return `${choices.between(0, 99)}.${String(choices.between(0, 999_999_999)).padStart(9, '0')}`;
}

function randomContent(choices: Choices): Content {
  const inputTokens = tokens(choices);
  const outputTokens = tokens(choices);
  const cachedInputTokens = choices.between(0, inputTokens);
  return {
    agentId: sometimes(choices, () => choices.pick(agents)),
    provider: sometimes(choices, () => choices.pick(providers)),
    model: sometimes(choices, () => choices.pick(models)),
    channelId: sometimes(choices, () => choices.pick(channels)),
    userId: sometimes(choices, () => choices.pick(users)),
    botId: sometimes(choices, () => choices.pick(['bot-1', 'bot-2'])),
    threadId: sometimes(choices, () => choices.pick(['thread-1', 'thread-2'])),
    knowledgeBaseId: sometimes(choices, () => 'kb-1'),
    operation: sometimes(choices, () => choices.pick(['chat', 'embedding'])),
    status: choices.pick(['SUCCESS', 'SUCCESS', 'FAILED']),
    serviceTier: choices.percent(10) ? 'batch' : null,
    inputTokens,
    outputTokens,
    cachedInputTokens,
    cacheWriteTokens: choices.between(0, inputTokens - cachedInputTokens),
    reasoningTokens: choices.between(0, outputTokens),
    durationMs: sometimes(choices, () => choices.between(0, 60_000)),
    timeToFirstTokenMs: sometimes(choices, () => choices.between(0, 5_000)),
    units: choices.percent(10) ? { web_searches: String(choices.between(1, 9)) } : {},
    tags: choices.percent(50) ? { team: choices.pick(['search', 'support']) } : {},
    costUsd: sometimes(choices, () => cost(choices)),
  };
}

export const randomCall = (choices: Choices, tenantId: string, requestId: string): PlannedCall => ({
  tenantId,
  requestId,
  content: randomContent(choices),
  when: whenMade(choices),
});

/** The one price that there is, from before the first call on, for every tenant. */
export const price = { provider: 'north', model: 'large', inputUsdPerMillion: '1.25', outputUsdPerMillion: '10' };

/** What a call costs, in plain notation: as it says, or else at the price; null where there is none. */
export function costOf({
  costUsd,
  provider,
  model,
  serviceTier,
  units,
  inputTokens,
  outputTokens,
}: Content): string | null {
  if (costUsd !== null) return new Big(costUsd).toFixed();
  if (provider !== price.provider || model !== price.model) return null;
  if (serviceTier !== null || Object.keys(units).length > 0) return null;
  return new Big(price.inputUsdPerMillion)
    .times(inputTokens)
    .plus(new Big(price.outputUsdPerMillion).times(outputTokens))
    .times('0.000001')
    .toFixed();
}
