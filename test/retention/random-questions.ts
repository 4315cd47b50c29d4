import * as fc from 'fast-check';
import { dayMs, expectedBorders, hourMs, zones, type TimedBucket } from '../reporting/intl-clock.ts';
import { agentNamesOf } from '../reporting/expected-report.ts';
import { filters, tenants } from '../reporting/random-calls.ts';
import { bucketFor, eventfulWindow } from '../reporting/random-report-queries.ts';
import {
  bucketsOf,
  byAgent,
  byChannel,
  byModel,
  byProvider,
  byUser,
  callsIn,
  countCalls,
  type Filters,
  type RecordedCall,
} from '../support/oracle.ts';

const statistics = `{
  totalCalls failedCalls totalCostUsd unpricedCalls totalTokens cachedInputTokens
  callDurationMs { min max p50 p95 } inputTokens { total min max p95 } units { unit quantity } }`;

const first = 200;

/** A part of a report: how it is asked for, and what it must say of the calls that it counts. */
const parts = {
  totals: { fields: `totals ${statistics}`, by: [], expected: (calls: RecordedCall[]) => countCalls(calls) },
  byAgent: {
    fields: `byAgent(first: ${first}, orderBy: NAME_ASC) { agentId stats ${statistics} }`,
    by: ['agentId'],
    expected: (calls: RecordedCall[], tenantId: string) =>
      byAgent(calls, { orderBy: 'NAME_ASC', first }, agentNamesOf(tenantId)).map(({ agentId, stats }) => ({
        agentId,
        stats,
      })),
  },
  byProvider: {
    fields: `byProvider(first: ${first}, orderBy: NAME_ASC) { provider stats ${statistics} }`,
    by: ['provider'],
    expected: (calls: RecordedCall[]) => byProvider(calls, { orderBy: 'NAME_ASC', first }),
  },
  byModel: {
    fields: `byModel(first: ${first}, orderBy: NAME_ASC) { provider model stats ${statistics} }`,
    by: ['provider', 'model'],
    expected: (calls: RecordedCall[]) => byModel(calls, { orderBy: 'NAME_ASC', first }),
  },
  byChannel: {
    fields: `byChannel(first: ${first}, orderBy: NAME_ASC) { channelId stats ${statistics} }`,
    by: ['channelId'],
    expected: (calls: RecordedCall[]) => byChannel(calls, { orderBy: 'NAME_ASC', first }),
  },
  byUser: {
    fields: `byUser(first: ${first}, orderBy: NAME_ASC) { userId stats ${statistics} }`,
    by: ['userId'],
    expected: (calls: RecordedCall[]) => byUser(calls, { orderBy: 'NAME_ASC', first }),
  },
} as const;

export type Part = keyof typeof parts | 'buckets';

/** A question about one part of a tenant's report. */
export interface Question {
  tenantId: string;
  part: Part;
  from: number;
  to: number;
  bucket: TimedBucket | 'NONE';
  timezone: string;
  filters: Filters;
}

type Rounding = TimedBucket | 'exact';

const roundings: readonly Rounding[] = ['exact', 'HOUR', 'DAY', 'DAY', 'MONTH'];

/** The window that reaches from border to border of a unit. */
function rounded({ from, to }: { from: number; to: number }, unit: Rounding, zone: string) {
  if (unit === 'exact') return { from, to };
  const [begin = from] = expectedBorders(from, from + 1, unit, zone);
  return { from: begin, to: expectedBorders(to - 1, to, unit, zone).at(-1) ?? to };
}

const summed = fc
  .record({
    agentId: fc.subarray(['agent-1', 'agent-2', '']),
    provider: fc.subarray(['north', 'South']),
    userId: fc.subarray(['ada', 'Ben', '']),
    tags: fc.constant([{ name: 'team', values: ['search', ''] }]),
  })
  .chain((all) =>
    fc
      .constantFrom<(keyof typeof all)[]>(['agentId'], ['provider'], ['agentId', 'provider'], ['userId'], ['tags'])
      .map((names) => Object.fromEntries(names.map((name) => [name, all[name]])) as Filters),
  );

/** Questions, many about whole units of time and what summaries are told apart by. */
export const randomQuestion = (calls: readonly RecordedCall[], zoneOf: (tenantId: string) => string) =>
  fc
    .record({
      tenant: fc.constantFrom(...tenants),
      part: fc.constantFrom<Part[]>('buckets', 'buckets', ...(Object.keys(parts) as Part[])),
      window: eventfulWindow(calls),
      rounding: fc.constantFrom(...roundings),
      zone: fc.constantFrom<string[]>('own', 'own', 'UTC', ...zones),
      bucketNo: fc.nat(),
      filters: fc.oneof(
        { weight: 3, arbitrary: fc.constant<Filters>({}) },
        { weight: 3, arbitrary: summed },
        { weight: 1, arbitrary: filters },
      ),
    })
    .map(({ tenant: { id: tenantId }, part, window, rounding, zone, bucketNo, filters }): Question => {
      const timezone = zone === 'own' ? zoneOf(tenantId) : zone;
      const whole = rounded(window, rounding, timezone);
      return { tenantId, part, ...whole, bucket: bucketFor(whole, bucketNo), timezone, filters };
    });

export const documentOf = ({ part }: Question): string => `
  query ($tenantId: ID!, $from: DateTime!, $to: DateTime!, $bucket: Bucket!, $timezone: TimeZone!, $filters: UsageFilters!) {
    usage(tenantId: $tenantId, from: $from, to: $to, bucket: $bucket, timezone: $timezone, filters: $filters) {
      ${part === 'buckets' ? `buckets { ts end stats ${statistics} }` : parts[part].fields}
    }
  }`;

export const variablesOf = ({ part: _part, from, to, ...asked }: Question) => ({
  ...asked,
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
});

/** What a question must be answered with. */
export function expectedAnswer(calls: readonly RecordedCall[], question: Question): unknown {
  const { tenantId, part, bucket, timezone: zone } = question;
  const ofTenant = calls.filter((call) => call.tenantId === tenantId);
  const counted = callsIn(ofTenant, question, question.filters);
  return part === 'buckets' ? bucketsOf(counted, question, { bucket, zone }) : parts[part].expected(counted, tenantId);
}

/** Of what is expected only what the answer has fields of. */
export function asAsked(expected: unknown, answer: unknown): unknown {
  if (Array.isArray(expected))
    return expected.map((one, index) => asAsked(one, Array.isArray(answer) ? (answer[index] ?? answer[0]) : undefined));
  if (!isObject(expected) || !isObject(answer)) return expected;
  return Object.fromEntries(Object.keys(answer).map((key) => [key, asAsked(expected[key], answer[key])]));
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const detail = ['agentId', 'provider', 'model', 'channelId'];
const user = ['userId', 'provider', 'model'];

/** Whether summaries stay that tell what a question asks, whatever was recorded: of whole hours, or of whole days. */
export function isToBeAnswered(question: Question, ownZone: string): boolean {
  const { part, from, to, bucket, timezone, filters } = question;
  const by = part === 'buckets' ? [] : parts[part].by;
  const asked = [...new Set([...Object.keys(filters), ...by])];
  const borders = part === 'buckets' && bucket !== 'NONE' ? expectedBorders(from, to, bucket, timezone) : [];
  const edges = [from, ...borders.slice(1, -1), to];
  if (asked.length === 0) return edges.every((at) => at % hourMs === 0);
  const among = (names: readonly string[]) => asked.every((name) => names.includes(name));
  const isOneTag = asked.length === 1 && (filters.tags ?? []).length === 1 && filters.tags?.[0]?.name === 'team';
  if (!among(detail) && !among(user) && !isOneTag) return false;
  const isLocalDay = (at: number) => expectedBorders(at, at + 1, 'DAY', ownZone)[0] === at;
  return edges.every((at) => at % dayMs === 0) || edges.every(isLocalDay);
}
