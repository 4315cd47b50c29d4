import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { forkForPlatform, forkForTenant, inSnapshot } from '../../src/database/session.ts';
import type { Fragment } from '../../src/rollup/summary-sql.ts';
import type { TenantId } from '../../src/values/identifier.ts';
import { asOwner } from '../support/as-owner.ts';
import { unavailable } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { foldAll } from './folded.ts';
import { goldenReports } from './golden-reports.ts';

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Index Cond'?: string;
  Plans?: PlanNode[];
}

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/** What makes one of a tenant's calls found without those of all its others. */
const narrowing = /\b(occurred_at|batch_id|void_batch_id|request_id)\b/;

/** Nodes of a plan that read more of the ledger than they are asked for, in words. */
function wasteful(plan: PlanNode): string[] {
  return nodesOf(plan).flatMap((node) => {
    const condition = node['Index Cond'] ?? '';
    if (node['Relation Name'] === 'usage_call' && node['Node Type'] === 'Seq Scan') return ['reads the whole ledger'];
    if (!node['Index Name']?.startsWith('usage_call')) return [];
    return condition.includes('tenant_id') && narrowing.test(condition)
      ? []
      : [`reads all calls of a tenant: ${condition}`];
  });
}

const acme = 'acme' as TenantId;
const batches = 100;
const callsABatch = 400;

/** Most of the ledger is one tenant's: what the planner believes of "a tenant" is then wrong for every other. */
const fill = (from: number, to: number) => `
  with call as (
    select i, i / ${callsABatch} as batch, case when i % 20 = 0 then 'globex' else 'acme' end as tenant_id
    from generate_series(${from * callsABatch}, ${to * callsABatch} - 1) as i
  ), stored as (
    insert into usage_call (tenant_id, request_id, occurred_at, agent_id, provider, model, user_id, input_tokens,
      output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens, duration_ms, status, cost_usd, cost_source,
      content_hash, batch_id)
    select tenant_id, 'call-' || i, '2025-01-01T00:00:00Z'::timestamptz + i * interval '13 minutes', 'agent-0' || i % 5,
      'openai', 'gpt-4o', 'user-00' || i % 10, i % 1000, i % 100, 0, 0, 0, i % 5000, 'SUCCESS', 0.001, 'CALLER', '',
      ('01900000-0000-7000-8000-' || lpad(to_hex(batch), 12, '0'))::uuid
    from call
    returning tenant_id, batch_id
  )
  insert into unfolded (tenant_id, batch_id, calls) select tenant_id, batch_id, count(*) from stored group by 1, 2`;

const reason = unavailable('postgres');

describe.skipIf(reason)(`the plans of reports${reason ? ` (left out: ${reason})` : ''}`, () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway('postgres', { folding: false });
    const { orm } = gateway.database;
    await asOwner(orm, `insert into tenant (tenant_id, name) values ('acme', 'A'), ('globex', 'G')`);
    await asOwner(orm, 'insert into rollup_mark select tenant_id from tenant');
    await asOwner(orm, fill(0, batches - 10));
    // What the planner knows is of before: then came the calls that are not folded.
    await asOwner(orm, 'analyze');
    await foldAll(orm);
    await asOwner(orm, fill(batches - 10, batches));
  });
  afterAll(() => gateway.close());

  const planOf = (em: SqlEntityManager, statement: Fragment): Promise<PlanNode> =>
    inSnapshot(em, 'select', async (_rows, db) => {
      const { rows } = await sql<{ 'QUERY PLAN': { Plan: PlanNode }[] }>`explain (format json) ${statement}`.execute(
        db,
      );
      const [plan] = rows[0]?.['QUERY PLAN'] ?? [];
      if (!plan) throw new Error('There is no plan.');
      return plan.Plan;
    });

  const ofTenants = /several|all-tenants/;
  it.each(Object.entries(goldenReports))('find calls by index, as whoever asks: %s', async (name, statement) => {
    const { orm } = gateway.database;
    const em = ofTenants.test(name) ? forkForPlatform({ orm }) : forkForTenant(orm, acme);
    expect(wasteful(await planOf(em, statement))).toEqual([]);
  });

  it('are told from one that an expression keeps from the index in the session of a tenant alone', async () => {
    const { orm } = gateway.database;
    const statement = sql`
      select count(*) from rollup_mark mark
      cross join lateral (
        select from usage_call
        where usage_call.tenant_id = mark.tenant_id and request_id >= coalesce(mark.tenant_id, '')
        offset 0
      ) call
      where mark.tenant_id = ${acme}`;
    expect(wasteful(await planOf(forkForPlatform({ orm }), statement))).toEqual([]);
    expect(wasteful(await planOf(forkForTenant(orm, acme), statement))).toHaveLength(1);
  });
});
