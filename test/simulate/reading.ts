import type { Filters, RecordedCall } from '../support/oracle.ts';
import { callsIn, compareText, matching } from '../support/oracle.ts';
import { mayBeIn, notAddingUp, outOfBounds, uncertainAt, type Sums } from './bounds.ts';
import { costOf } from './calls.ts';
import { listCalls, reportOnAll, wholeReport } from './documents.ts';
import { SimulationFailure } from './journal.ts';
import { countedCall, type KnownCall } from './ledger.ts';
import { instantOf, tenants, type PlannedReport, type PlannedWindow } from './operations.ts';
import { isSameCost } from './recording.ts';
import { reportProblems, windowProblems, type AskedReport, type ReportAnswer } from './report-checks.ts';
import { keyFor, send, unexpected, type Answered, type Manner, type World } from './world.ts';

const slackMs = 1000;

/** A planned report as it is sent now; relative times become real ones. */
export function askedNow(report: PlannedReport, ownZone: string): AskedReport & { variables: Record<string, unknown> } {
  const now = Date.now();
  const { bucket, zone, filters, orderBy, first } = report;
  const [from, to] = [report.from, report.to].map((when) => when && instantOf(when, now));
  return {
    from,
    to,
    bucket,
    filters,
    orderBy,
    first,
    zone: zone ?? ownZone,
    variables: { from: toText(from), to: toText(to), bucket, timezone: zone, filters, orderBy, first },
  };
}

const toText = (at: number | undefined) => (at === undefined ? undefined : new Date(at).toISOString());

/** Fails with what is wrong, the worst of it. */
export function failFor(what: string, problems: readonly string[], about: readonly string[] = []): void {
  if (problems.length === 0) return;
  const more = problems.length > 8 ? [`… and ${problems.length - 8} more`] : [];
  throw new SimulationFailure(`${what}:\n  ${[...problems.slice(0, 8), ...more].join('\n  ')}`, [what, ...about]);
}

export const ownZoneOf = (tenantId: string): string => tenants.find(({ id }) => id === tenantId)?.timezone ?? 'UTC';

/** Asks for a tenant's report and looks whether it can be right. */
export async function report(world: World, manner: Manner, tenantId: string, planned: PlannedReport): Promise<void> {
  const { variables, ...asked } = askedNow(planned, ownZoneOf(tenantId));
  const what = `report on ${tenantId} ${JSON.stringify(variables)}`;
  const { answer, begun, freshFrom } = await askAt(world, what, manner, {
    document: wholeReport,
    variables: { tenantId, ...variables },
    key: keyFor(world, manner, tenantId),
  });
  if (!answer) return;
  if (answer.errors.length > 0) unexpected(what, answer);
  // What the document asks for.
  const { usage } = answer.data as { usage: ReportAnswer };
  const uncertain = uncertainAt(world.ledger.ofTenant(tenantId), begun, world.ledger.tick());
  failFor(what, [
    ...endProblems(world, asked.to, usage.filtersApplied.to, freshFrom),
    ...reportProblems(usage, asked, uncertain),
  ]);
}

interface Asked {
  answer: Answered | undefined;
  begun: number;
  /** Calls whose time gateways have said were made before this; `now` was not earlier than `sentMs`. */
  freshFrom: { latestCall: number; sentMs: number };
}

async function askAt(world: World, what: string, manner: Manner, question: Parameters<typeof send>[3]): Promise<Asked> {
  const sentMs = Date.now();
  const latestCall = latestTimeSaid(world.ledger.all());
  const begun = world.ledger.tick();
  return { answer: await send(world, what, manner, question), begun, freshFrom: { latestCall, sentMs } };
}

const latestTimeSaid = (calls: readonly KnownCall[]): number =>
  calls.reduce((latest, { stored }) => (stored?.timeSaid ? Math.max(latest, stored.occurredAt) : latest), 0);

/** What is wrong with an end that was left to the gateway: it is now, and after every call that it was told of. */
function endProblems(
  world: World,
  asked: number | undefined,
  applied: string,
  { latestCall, sentMs }: Asked['freshFrom'],
): string[] {
  if (asked !== undefined) return [];
  const to = Date.parse(applied);
  if (to <= latestCall)
    return [`it ends at ${applied}, before the call that was acknowledged at ${toText(latestCall)}`];
  const isNow = to >= sentMs - slackMs && to <= Date.now() + slackMs;
  return isNow || world.clocksAreOff ? [] : [`it ends at ${applied}, which is not now`];
}

interface AllAnswer {
  total: Sums;
  buckets: { stats: Sums }[];
  tenants: {
    edges: { node: { tenant: { id: string }; stats: Sums; byAgent: { stats: Sums }[] } }[];
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
  };
  filtersApplied: { from: string; to: string; timezone: string };
}

/** Asks for the report on all tenants, page after page, and looks whether each can be right. */
export async function reportOnAllTenants(
  world: World,
  manner: Manner,
  planned: PlannedReport,
  pageSize: number,
): Promise<void> {
  const { variables, ...asked } = askedNow(planned, 'UTC');
  const what = `report on all ${JSON.stringify(variables)}`;
  const listed: string[] = [];
  const present = world.tenancy.certainlyPresent();
  let after: string | null = null;
  do {
    const { answer, begun, freshFrom }: Asked = await askAt(world, what, manner, {
      document: reportOnAll,
      variables: { ...variables, pageSize, after },
    });
    if (!answer) return;
    if (answer.errors.length > 0) unexpected(what, answer);
    // What the document asks for.
    const { allUsage } = answer.data as { allUsage: AllAnswer };
    const problems = endProblems(world, asked.to, allUsage.filtersApplied.to, freshFrom);
    failFor(what, [...problems, ...allProblems(world, allUsage, asked, begun)]);
    listed.push(...allUsage.tenants.edges.map(({ node }) => node.tenant.id));
    after = allUsage.tenants.pageInfo.hasNextPage ? allUsage.tenants.pageInfo.endCursor : null;
  } while (after !== null);
  const stillPresent = world.tenancy.certainlyPresent();
  const missing = [...present.keys()].filter((id) => stillPresent.get(id) === present.get(id) && !listed.includes(id));
  failFor(what, [
    ...missing.map((id) => `the tenant ${id} is missing`),
    ...listed.filter((id) => !world.tenancy.mayExist(id)).map((id) => `nobody made the tenant ${id}`),
    ...(isAscending(listed) ? [] : [`tenants come as ${listed.join(', ')}`]),
  ]);
}

const isAscending = (ids: readonly string[]) =>
  ids.every((id, index) => index === 0 || compareText(ids[index - 1] ?? null, id) < 0);

function allProblems(world: World, answer: AllAnswer, asked: AskedReport, begun: number): string[] {
  const uncertain = uncertainAt(world.ledger.all(), begun, world.ledger.tick());
  const problems = windowProblems(answer.filtersApplied, asked, uncertain);
  if (problems.length > 0) return problems;
  const [from, to] = [Date.parse(answer.filtersApplied.from), Date.parse(answer.filtersApplied.to)];
  const must = callsIn(uncertain.must, { from, to }, asked.filters);
  const may = uncertain.may.filter((call) => mayBeIn(call, from, to) && passes(call, asked.filters));
  const ofTenant = <Call extends { tenantId: string }>(calls: readonly Call[], id: string) =>
    calls.filter(({ tenantId }) => tenantId === id);
  const { total, buckets, tenants } = answer;
  return [
    ...outOfBounds('the total', total, must, may),
    ...notAddingUp(
      'buckets',
      buckets.map(({ stats }) => stats),
      total,
    ),
    ...tenants.edges.flatMap(({ node: { tenant, stats, byAgent } }) => [
      ...outOfBounds(tenant.id, stats, ofTenant(must, tenant.id), ofTenant(may, tenant.id)),
      ...(asked.first === undefined
        ? notAddingUp(
            `agents of ${tenant.id}`,
            byAgent.map(({ stats }) => stats),
            stats,
          )
        : []),
    ]),
  ];
}

const passes = (call: Omit<RecordedCall, 'occurredAt'>, filters: Filters) =>
  matching([{ ...call, occurredAt: 0 }], filters).length > 0;

interface ListedCall extends RecordedCall {
  tenant: { id: string };
  voidedAt: string | null;
  voidReason: string | null;
}

interface CallPage {
  edges: { node: Omit<ListedCall, 'occurredAt'> & { occurredAt: string } }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** Lists calls page by page, and looks whether each is one that was sent and none is missing or there twice. */
export async function list(
  world: World,
  manner: Manner,
  tenantId: string,
  { from, to, filters }: PlannedWindow,
  first: number,
): Promise<void> {
  const { variables, ...window } = askedNow({ from, to, filters, ...noReport }, 'UTC');
  const what = `list ${tenantId} ${JSON.stringify({ from: variables['from'], to: variables['to'], filters })}`;
  const [sentMs, begun] = [Date.now(), world.ledger.tick()];
  const must = world.ledger.ofTenant(tenantId).filter(({ stored }) => stored);
  const listed: CallPage['edges'][number]['node'][] = [];
  let after: string | null = null;
  do {
    const answer: Answered | undefined = await send(world, what, manner, {
      document: listCalls,
      variables: { tenantId, from: variables['from'], to: variables['to'], filters, first, after },
      key: keyFor(world, manner, tenantId),
    });
    if (!answer) return;
    if (answer.errors.length > 0) unexpected(what, answer);
    // What the document asks for.
    const { calls } = answer.data as { calls: CallPage };
    listed.push(...calls.edges.map(({ node }) => node));
    after = calls.pageInfo.hasNextPage ? calls.pageInfo.endCursor : null;
  } while (after !== null);
  const ids = new Set(listed.map(({ requestId }) => requestId));
  const bounds = { from: window.from ?? Number.NEGATIVE_INFINITY, to: window.to ?? sentMs };
  const missing = must.filter(
    ({ stored, requestId }) =>
      stored && !ids.has(requestId) && callsIn([countedCall(stored)], bounds, filters).length > 0,
  );
  failFor(what, [
    ...missing.map(({ requestId }) => `${requestId} is missing`),
    ...(ids.size === listed.length ? [] : ['a call is there twice']),
    ...listed.flatMap((call, index) => listedProblems(world, tenantId, call, listed[index - 1], begun)),
  ]);
}

const noReport = { bucket: 'NONE', zone: undefined, orderBy: undefined, first: undefined } as const;

/** What stands for what was left out. */
const leftOut: Readonly<Record<string, string>> = { provider: 'unknown', model: 'unknown', serviceTier: 'standard' };

function listedProblems(
  world: World,
  tenantId: string,
  call: CallPage['edges'][number]['node'],
  before: typeof call | undefined,
  begun: number,
): string[] {
  const { requestId, tenant, occurredAt, costUsd, voidedAt, voidReason, ...content } = call;
  const known = world.ledger.find(tenantId, requestId);
  if (tenant.id !== tenantId) return [`${requestId} is of the tenant ${tenant.id}`];
  if (!known) return [`nobody sent ${requestId}`];
  const sent = known.stored ? [known.stored] : known.candidates.map((candidate) => candidate.call);
  const isSent = sent.some(
    (one) =>
      (one.occurredAt === undefined || one.occurredAt === Date.parse(occurredAt)) &&
      isSameCost(costUsd, costOf(one.content)) &&
      Object.entries(one.content).every(([name, value]) => {
        const listed: unknown = Object.entries(content).find(([field]) => field === name)?.[1];
        return name === 'costUsd' || JSON.stringify(listed) === JSON.stringify(value ?? leftOut[name] ?? null);
      }),
  );
  const { void: voiding } = known;
  const mustBeVoid = voiding?.acknowledged !== undefined && voiding.acknowledged < begun;
  const isInOrder =
    !before ||
    before.occurredAt > occurredAt ||
    (before.occurredAt === occurredAt && compareText(before.requestId, requestId) > 0);
  return [
    ...(isSent ? [] : [`${requestId} is ${JSON.stringify(call)}, but was sent as ${JSON.stringify(sent)}`]),
    ...(mustBeVoid && voidedAt === null ? [`${requestId} is not void`] : []),
    ...(voidedAt !== null && !voiding?.reasons.includes(voidReason ?? '') ? [`nobody voided ${requestId}`] : []),
    ...(isInOrder ? [] : [`${requestId} comes after ${before.requestId}`]),
  ];
}
