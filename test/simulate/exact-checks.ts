import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { runCli } from '../cli/gateway-process.ts';
import { differences } from '../reporting/differences.ts';
import {
  appliedWindow,
  bucketsOf,
  byAgent,
  callsIn,
  compareText,
  countCalls,
  type RecordedCall,
} from '../support/oracle.ts';
import type { Choices } from './choices.ts';
import { rowDifferences } from './cost-parts.ts';
import { reconcile, reportOnAll, wholeReport } from './documents.ts';
import { countedCall, type KnownCall } from './ledger.ts';
import { randomReport, tenants, type PlannedReport } from './operations.ts';
import { askedNow, failFor, list, ownZoneOf } from './reading.ts';
import { exactProblems, type ReportAnswer } from './report-checks.ts';
import { sendUntilAnswered, unexpected, type World } from './world.ts';

/** Names of the registered agents of every tenant. */
export const agentNames: ReadonlyMap<string, string> = new Map([
  ['agent-1', 'Translator'],
  ['agent-2', 'archivist'],
]);

const everything: PlannedReport = {
  from: undefined,
  to: undefined,
  filters: {},
  bucket: 'MONTH',
  zone: undefined,
  orderBy: undefined,
  first: undefined,
};

const counted = (calls: readonly KnownCall[]): RecordedCall[] =>
  calls.flatMap(({ stored, void: voiding }) => (stored && !voiding ? [countedCall(stored)] : []));

const randomReports = 4;

/** While nothing happens and everything is known, every report has to be exactly what was acknowledged. */
export async function checkExactly(world: World, choices: Choices): Promise<void> {
  for (const { id } of tenants) {
    await checkReport(world, id, everything);
    await checkReport(world, id, randomReport(choices));
  }
  for (let turn = 0; turn < randomReports; turn++)
    await checkReport(world, choices.pick(tenants).id, randomReport(choices));
  await checkAllTenants(world, everything, 1000);
  await checkAllTenants(world, randomReport(choices), choices.between(1, 4));
  await list(world, manner, choices.pick(tenants).id, { from: undefined, to: undefined, filters: {} }, 1000);
}

const manner = { gateway: 0, by: 'superuser', pauseMs: undefined } as const;

async function checkReport(world: World, tenantId: string, planned: PlannedReport): Promise<void> {
  const { variables, ...asked } = askedNow(planned, ownZoneOf(tenantId));
  const what = `exact report on ${tenantId} ${JSON.stringify(variables)}`;
  const answer = await sendUntilAnswered(world, what, { document: wholeReport, variables: { tenantId, ...variables } });
  if (answer.errors.length > 0) unexpected(what, answer);
  // What the document asks for.
  const { usage } = answer.data as { usage: ReportAnswer };
  failFor(what, exactProblems(usage, asked, counted(world.ledger.ofTenant(tenantId)), agentNames));
}

interface AllPage {
  allUsage: {
    total: unknown;
    buckets: unknown;
    tenants: { edges: { node: unknown }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
    filtersApplied: { from: string; to: string; timezone: string };
  };
}

async function checkAllTenants(world: World, planned: PlannedReport, pageSize: number): Promise<void> {
  const { variables, ...asked } = askedNow({ ...planned, to: planned.to ?? { agoMs: -60_000 } }, 'UTC');
  const what = `exact report on all ${JSON.stringify(variables)}`;
  const calls = counted(world.ledger.all());
  const { filters, bucket, zone } = asked;
  const window = appliedWindow(calls, { from: asked.from, to: asked.to ?? Number.NaN }, filters, { bucket, zone });
  const within = callsIn(calls, window, filters);
  const nodes: unknown[] = [];
  let after: string | null = null;
  do {
    const question: Parameters<typeof sendUntilAnswered>[2] = {
      document: reportOnAll,
      variables: { ...variables, pageSize, after },
    };
    const answer = await sendUntilAnswered(world, what, question);
    if (answer.errors.length > 0) unexpected(what, answer);
    // What the document asks for.
    const { allUsage } = answer.data as AllPage;
    const { total, buckets } = allUsage;
    failFor(
      what,
      rowDifferences({ total, buckets }, { total: countCalls(within), buckets: bucketsOf(within, window, asked) }),
    );
    nodes.push(...allUsage.tenants.edges.map(({ node }) => node));
    after = allUsage.tenants.pageInfo.hasNextPage ? allUsage.tenants.pageInfo.endCursor : null;
  } while (after !== null);
  const expected = [...world.tenancy.certainlyPresent().keys()].toSorted(compareText).map((id) => {
    const ofTenant = within.filter(({ tenantId }) => tenantId === id);
    const order = { orderBy: asked.orderBy ?? 'COST_DESC', first: asked.first ?? 100 } as const;
    const names = tenants.some((tenant) => tenant.id === id) ? agentNames : new Map<string, string>();
    return {
      tenant: { id },
      stats: countCalls(ofTenant),
      byAgent: byAgent(ofTenant, order, names).map(({ agentId, stats }) => ({ agentId, stats })),
    };
  });
  failFor(what, rowDifferences(nodes, expected));
}

/** Whether the summaries are those of the ledger. */
export async function checkSummaries(world: World): Promise<void> {
  const answer = await sendUntilAnswered(world, 'reconcile', { document: reconcile, variables: {} });
  if (answer.errors.length > 0) unexpected('reconcile', answer);
  // What the document asks for.
  const { reconcile: found } = answer.data as {
    reconcile: { summaries: number; differing: number; differences: unknown[] };
  };
  failFor(
    'reconcile',
    found.differences.map((difference) => JSON.stringify(difference)),
  );
  if (found.summaries === 0) unexpected('reconcile', answer);
}

/** Whether what a tenant's export holds is what was acknowledged; gateways may have ended. */
export async function checkExport(world: World, tenantId: string, settings: Record<string, string>, folder: string) {
  const output = join(folder, 'export.ndjson');
  const args = ['export', '--tenant', tenantId, '--output', output, '--to', '9999-01-01T00:00:00Z'];
  const { code, stderr } = await runCli(args, { ...settings, TMPDIR: folder });
  failFor(`export of ${tenantId}`, code === 0 ? [] : [`it ended with ${code}: ${stderr}`]);
  const exported = new Map<string, Record<string, unknown>>();
  const problems: string[] = [];
  for await (const line of createInterface({ input: createReadStream(output) })) {
    const record: { requestId: string } = JSON.parse(line);
    if (exported.has(record.requestId)) problems.push(`${record.requestId} is there twice`);
    exported.set(record.requestId, record);
  }
  await rm(output);
  const stored = world.ledger.ofTenant(tenantId).filter((known) => known.stored);
  problems.push(
    ...stored.flatMap((known) => exportProblems(known, exported.get(known.requestId))),
    ...[...exported.keys()]
      .filter((requestId) => !world.ledger.find(tenantId, requestId)?.stored)
      .map((requestId) => `nobody sent ${requestId}`),
  );
  failFor(`export of ${tenantId}`, problems);
  return exported.size;
}

const isEmpty = (value: object) => Object.keys(value).length === 0;

function exportProblems({ stored, void: voiding }: KnownCall, record: Record<string, unknown> | undefined): string[] {
  if (!stored) return [];
  const { requestId } = stored;
  if (!record) return [`${requestId} is missing`];
  const { tenantId: _, occurredAt, ...call } = countedCall(stored);
  const expected = {
    // What a call does not have is left out of its line.
    ...Object.fromEntries(
      Object.entries(call).filter(([, value]) => value !== null && !(typeof value === 'object' && isEmpty(value))),
    ),
    provider: call.provider ?? 'unknown',
    model: call.model ?? 'unknown',
    occurredAt: new Date(occurredAt).toISOString(),
    ...(voiding?.reason === undefined ? {} : { voidReason: voiding.reason }),
  };
  const found = Object.fromEntries(Object.keys({ ...expected, voidReason: '' }).map((name) => [name, record[name]]));
  return differences(found, { voidReason: undefined, ...expected }).map((problem) => `${requestId}${problem}`);
}
