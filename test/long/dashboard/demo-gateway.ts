import { Big } from 'big.js';
import { buildDashboard } from '../../../src/web/dashboard/build.ts';
import { demoCalls, demoTenants } from '../../../src/cli/demo-calls.ts';
import { operator } from '../../../src/caller/principal.ts';
import { maxBatchSize, recordCalls } from '../../../src/recording/recording.service.ts';
import { createStore } from '../../../src/recording/store-calls.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

const dayMs = 86_400_000;
const days = 16;

/** A call of the demo as the ledger has it, by which the tests count for themselves. */
export interface CountedCall {
  requestId: string;
  occurredAt: string;
  model: string;
  agentId: string;
  userId: string;
  tags: Record<string, string>;
  totalTokens: number;
  status: string;
  costUsd: string | null;
}

export interface DemoGateway {
  gateway: TestGateway;
  /** Calls of the tenant acme on its local days, today being 0 and yesterday 1. */
  callsOf: (firstDay: number, lastDay: number) => CountedCall[];
}

/** The demo's tenants with its calls of some days, and the dashboard as it is now. */
export async function startDemoGateway(): Promise<DemoGateway> {
  await buildDashboard();
  const gateway = await startTestGateway('embedded');
  const now = new Date();
  for (const { id, name, timezone, agents } of demoTenants) {
    const variables = { input: { id, name, timezone } };
    await gateway.send('mutation ($input: CreateTenantInput!) { createTenant(input: $input) { id } }', variables);
    for (const agent of agents)
      await gateway.send('mutation ($t: ID!, $i: CreateAgentInput!) { createAgent(tenantId: $t, input: $i) { id } }', {
        t: id,
        i: { id: agent.id, name: agent.name, budgetLimitUsd: agent.budgetLimitUsd ?? null },
      });
  }
  await gateway.send(`mutation { createNotificationChannel(tenantId: "acme", input: {
    name: "Operations", kind: SLACK, url: "https://nowhere.invalid/demo", events: [UNPRICED_CALLS, KEY_EXPIRING] }) { secret } }`);
  const store = createStore(gateway.database.orm);
  for (const tenant of demoTenants) {
    const calls = Array.from({ length: days }, (_, ago) =>
      demoCalls(tenant, new Date(Math.floor(now.getTime() / dayMs - ago) * dayMs), 1),
    )
      .flat()
      .filter(({ occurredAt }) => occurredAt instanceof Date && occurredAt <= now);
    for (let start = 0; start < calls.length; start += maxBatchSize)
      await recordCalls(store, operator, calls.slice(start, start + maxBatchSize), now);
  }
  const counted = await ledgerOf(gateway, 'acme');
  const dateOf = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Berlin' });
  const today = Date.parse(dateOf.format(now));
  return {
    gateway,
    callsOf: (firstDay, lastDay) =>
      counted.filter(({ occurredAt }) => {
        const ago = (today - Date.parse(dateOf.format(new Date(occurredAt)))) / dayMs;
        return ago <= firstDay && ago >= lastDay;
      }),
  };
}

async function ledgerOf(gateway: TestGateway, tenantId: string): Promise<CountedCall[]> {
  const all: CountedCall[] = [];
  let after: string | null = null;
  do {
    const { data }: { data: { calls: { edges: { node: CountedCall }[]; pageInfo: Page } } } = await gateway.send(
      `query ($tenantId: ID, $after: String) { calls(tenantId: $tenantId, first: 1000, after: $after) {
        edges { node { requestId occurredAt model agentId userId tags totalTokens status costUsd } }
        pageInfo { hasNextPage endCursor } } }`,
      { tenantId, after },
    );
    all.push(...data.calls.edges.map(({ node }) => node));
    after = data.calls.pageInfo.hasNextPage ? data.calls.pageInfo.endCursor : null;
  } while (after !== null);
  return all;
}

interface Page {
  hasNextPage: boolean;
  endCursor: string | null;
}

/** The exact cost of calls, as the gateway writes it. */
export const costOf = (calls: readonly CountedCall[]): string =>
  calls.reduce((sum, { costUsd }) => sum.plus(costUsd ?? 0), new Big(0)).toFixed();

/** Calls by what a function says of them, those that cost most first. */
export function ranked(calls: readonly CountedCall[], keyOf: (call: CountedCall) => string): [string, CountedCall[]][] {
  const groups = Map.groupBy(calls, keyOf);
  return [...groups].toSorted(([a, ofA], [b, ofB]) => new Big(costOf(ofB)).cmp(costOf(ofA)) || (a < b ? -1 : 1));
}
