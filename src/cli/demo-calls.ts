import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { CallInput } from '../recording/validate-call.ts';

export interface DemoTenant {
  id: string;
  name: string;
  timezone: string;
  /** Calls on a weekday at the end of the six months. */
  callsPerDay: number;
  agents: { id: string; name: string; budgetLimitUsd: string | undefined; model: string }[];
}

export const demoTenants: readonly DemoTenant[] = [
  {
    id: 'acme',
    name: 'Acme Support',
    timezone: 'Europe/Berlin',
    callsPerDay: 100,
    agents: [
      { id: 'support-bot', name: 'Support bot', budgetLimitUsd: '8', model: 'gpt-5' },
      { id: 'summariser', name: 'Ticket summariser', budgetLimitUsd: '0.5', model: 'gpt-5-mini' },
      { id: 'search', name: 'Help centre search', budgetLimitUsd: undefined, model: 'claude-sonnet-4-5' },
    ],
  },
  {
    id: 'globex',
    name: 'Globex Research',
    timezone: 'America/New_York',
    callsPerDay: 60,
    agents: [
      { id: 'analyst', name: 'Market analyst', budgetLimitUsd: '12', model: 'claude-sonnet-4-5' },
      { id: 'coder', name: 'Coding agent', budgetLimitUsd: undefined, model: 'gpt-5' },
    ],
  },
  {
    id: 'initech',
    name: 'Initech Back Office',
    timezone: 'Asia/Kathmandu',
    callsPerDay: 30,
    agents: [{ id: 'invoices', name: 'Invoice reader', budgetLimitUsd: '2', model: 'gemini-2.5-flash' }],
  },
];

/** The provider of each model. The last one has no public price, so its calls show as unpriced. */
const providers: Record<string, string> = {
  'gpt-5': 'openai',
  'gpt-5-mini': 'openai',
  'claude-sonnet-4-5': 'anthropic',
  'gemini-2.5-flash': 'google',
  'house-blend-7b': 'self-hosted',
};
const unpricedModel = 'house-blend-7b';

const teams = ['support', 'sales', 'research', 'platform'];
const environments = ['production', 'production', 'production', 'staging', 'development'];
const features = ['chat', 'summaries', 'search', 'drafts', 'triage'];

const dayMs = 86_400_000;
export const demoDays = 182;

/** How busy each hour of the day is, starting at midnight. */
const busyHours = [1, 1, 1, 1, 1, 2, 4, 7, 11, 14, 15, 14, 12, 13, 15, 14, 12, 9, 7, 5, 4, 3, 2, 1];
const busyUntil = busyHours.map((_, hour) => busyHours.slice(0, hour + 1).reduce((sum, share) => sum + share, 0));
const busyTotal = busyUntil.at(-1) ?? 1;

/**
 * A tenant's calls of one UTC day, in no order. Keys and contents depend on the arguments alone, so recording a day again
 * adds nothing.
 */
export function demoCalls(tenant: DemoTenant, day: Date, growth: number): CallInput[] {
  const dayNumber = Math.floor(day.getTime() / dayMs);
  const random = xoroshiro128plus(dayNumber * 31 + tenant.id.length);
  const below = (limit: number) => uniformInt(random, 0, limit - 1);
  const share = () => uniformFloat64(random);
  const oneOf = (values: readonly string[]) => values[below(values.length)] ?? '';
  const isWeekend = [0, 6].includes(day.getUTCDay());
  const count = Math.round(tenant.callsPerDay * growth * (isWeekend ? 0.25 : 1) * (0.85 + share() * 0.3));

  return Array.from({ length: count }, (_, index): CallInput => {
    const slot = below(busyTotal);
    const hour = busyUntil.findIndex((until) => slot < until);
    const agent = tenant.agents[Math.floor(share() ** 2 * tenant.agents.length)] ?? tenant.agents[0];
    const model = share() < 0.01 ? unpricedModel : (agent?.model ?? 'gpt-5');
    const inputTokens = Math.round(200 + 6000 * share() ** 3);
    const outputTokens = Math.round(20 + 1200 * share() ** 2);
    const cachedInputTokens = share() < 0.4 ? Math.floor(inputTokens * 0.6) : 0;
    // Only some providers charge for writing to a cache.
    const writesCache = model === 'claude-sonnet-4-5' && cachedInputTokens === 0 && share() < 0.5;
    const user = below(40) + 1;
    const timeToFirstTokenMs = Math.round(150 + inputTokens * (0.02 + share() * 0.06));
    const hasFailed = share() < 0.02;
    return {
      requestId: `demo-${dayNumber}-${index}`,
      tenantId: tenant.id,
      occurredAt: new Date(dayNumber * dayMs + hour * 3_600_000 + below(3_600_000)),
      agentId: agent?.id,
      provider: providers[model],
      model,
      operation: 'chat',
      channelId: ['web', 'slack', 'email'][Math.floor(share() ** 2 * 3)],
      userId: `user-${user}`,
      threadId: `thread-${dayNumber}-${user}-${below(3) + 1}`,
      tags: { team: oneOf(teams), environment: oneOf(environments), feature: oneOf(features) },
      inputTokens,
      outputTokens: hasFailed ? 0 : outputTokens,
      cachedInputTokens,
      cacheWriteTokens: writesCache ? Math.floor(inputTokens * 0.5) : 0,
      timeToFirstTokenMs: hasFailed ? undefined : timeToFirstTokenMs,
      durationMs: timeToFirstTokenMs + Math.round((hasFailed ? 200 : outputTokens) * (8 + share() * 14)),
      status: hasFailed ? 'FAILED' : 'SUCCESS',
    };
  });
}
