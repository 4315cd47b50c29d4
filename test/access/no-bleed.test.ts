import type { SqlEntityManager } from '@mikro-orm/postgresql';
import * as fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AgentEntity } from '../../src/tenancy/agent.entity.ts';
import type { TenantId } from '../../src/values/identifier.ts';
import { forkForTenant, inSession } from '../../src/database/session.ts';
import { CreateApiKey, RecordBatch } from '../acceptance/operations.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const tenants = Array.from({ length: 50 }, (_, no) => `tenant-${String(no).padStart(2, '0')}`);
/** A server has a pool of three connections, the embedded database one. */
const databasePoolMax = 3;
const sessions = { postgres: 20_000, embedded: 2_000 };
/** Over HTTP each of them is a dozen statements. */
const requests = { postgres: 600, embedded: 200 };
const clients = 24;

/** Does something in turn for each of the values, some at a time. */
async function atOnce<T>(values: Iterable<T>, work: (value: T) => Promise<void>): Promise<void> {
  const queue = values[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      for (let next = queue.next(); !next.done; next = queue.next()) await work(next.value);
    }),
  );
}

const random = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number) => fc.sample(arbitrary, { numRuns, seed: 20_261_122 });

/** Loaders of tenants, agents and usage, with one statement that fails now and then. */
const document = `query ($to: DateTime!, $after: String) {
  viewer { tenant { id agents(first: 2) { edges { node { id usage(to: $to) { totalCalls } } } } } }
  usage(to: $to, bucket: NONE) { tenant { id } totals { totalCalls } byAgent { agentId agent { id name } stats { totalCalls } } }
  calls(first: 2, after: $after) { edges { node { requestId tenant { id } } } }
}`;
const to = '2030-01-01T00:00:00Z';

describeOnEachDatabase('requests of many tenants on few connections', (kind) => {
  let gateway: TestGateway;
  const keys: string[] = [];

  beforeAll(async () => {
    gateway = await startTestGateway(kind, { config: { databasePoolMax }, folding: false });
    for (const [no, id] of tenants.entries()) {
      // As many calls as its number says, so that another tenant's answer would be another one.
      const inputs = Array.from({ length: no + 1 }, (_, call) => ({
        tenantId: id,
        requestId: `${id} ${call}`,
        agentId: `agent of ${id}`,
        inputTokens: 1,
        outputTokens: 1,
      }));
      await gateway.ask(RecordBatch, { inputs });
      const input = { name: 'Key', role: 'TENANT_MEMBER' as const };
      keys.push((await gateway.ask(CreateApiKey, { tenantId: id, input })).createApiKey.secret);
      await gateway.send(
        `mutation { createAgent(tenantId: "${id}", input: { id: "agent of ${id}", name: "${id}" }) { id } }`,
      );
    }
  });
  afterAll(() => gateway?.close());

  const expected = (no: number) => {
    const [id, totalCalls] = [tenants[no] ?? '', no + 1];
    const agent = `agent of ${id}`;
    return {
      viewer: { tenant: { id, agents: { edges: [{ node: { id: agent, usage: { totalCalls } } }] } } },
      usage: {
        tenant: { id },
        totals: { totalCalls },
        byAgent: [{ agentId: agent, agent: { id: agent, name: id }, stats: { totalCalls } }],
      },
      calls: {
        edges: Array.from({ length: Math.min(2, totalCalls) }, () => ({
          node: { requestId: expect.stringMatching(new RegExp(`^${id} `)), tenant: { id } },
        })),
      },
    };
  };

  async function ask(no: number, signal?: AbortSignal) {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${keys[no]}` },
      body: JSON.stringify({ query: document, variables: { to } }),
      signal: signal ?? null,
    });
    return response.json();
  }

  it('see their own rows in each of thousands of sessions, after errors too', async () => {
    const { orm } = gateway.database;
    const wrong: unknown[] = [];
    const failures = { caught: 0, expected: 0 };
    const ways = fc.constantFrom('statement', 'find', 'transaction', 'failing statement', 'failing transaction');
    await atOnce(random(fc.tuple(fc.nat(tenants.length - 1), ways), sessions[kind]), async ([no, way]) => {
      const id = tenants[no] as TenantId;
      const em = forkForTenant(orm, id);
      const count = (em: SqlEntityManager, divisor = 1) =>
        sql<{ tenants: string[] }>`
          select array_agg(distinct tenant_id) as tenants, ${1}::int / ${divisor}::int as one from agent`.execute(
          inSession(em),
        );
      try {
        if (way === 'find') {
          const found = await em.find(AgentEntity, {});
          if (found.length !== 1 || found[0]?.tenantId !== id) wrong.push([way, id, found]);
          return;
        }
        failures.expected += way.startsWith('failing') ? 1 : 0;
        const divisor = way.startsWith('failing') ? 0 : 1;
        const { rows } = await (way.endsWith('transaction')
          ? em.transactional((em) => count(em, divisor))
          : count(em, divisor));
        if (rows[0]?.tenants.join() !== id) wrong.push([way, id, rows]);
      } catch (error) {
        if (!String(error).includes('division by zero')) throw error;
        failures.caught++;
      }
    });
    expect(wrong).toEqual([]);
    expect(failures.caught).toBe(failures.expected);
    // Whoever comes next sees the platform, not what the last one was.
    for (let no = 0; no < 2 * databasePoolMax; no++)
      expect(await orm.em.fork().count(AgentEntity)).toBe(tenants.length);
  }, 300_000);

  it('get their own answers through the loaders, aborted ones among them', async () => {
    let [answered, aborted] = [0, 0];
    const wrong: unknown[] = [];
    const asked = random(fc.tuple(fc.nat(tenants.length - 1), fc.nat(9), fc.nat(8)), requests[kind]);
    await atOnce(asked, async ([no, chance, delay]) => {
      if (chance === 0) {
        const abort = new AbortController();
        setTimeout(() => abort.abort(), delay);
        await ask(no, abort.signal).catch(() => undefined);
        aborted++;
        return;
      }
      const answer = await ask(no);
      answered++;
      try {
        expect(answer).toEqual({ data: expected(no) });
      } catch (error) {
        wrong.push(error);
      }
    });
    expect(wrong).toEqual([]);
    expect(answered + aborted).toBe(requests[kind]);
    expect(aborted).toBeGreaterThan(requests[kind] / 20);
  }, 300_000);
});
