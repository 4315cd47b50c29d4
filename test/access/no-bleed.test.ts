import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CreateApiKey, RecordBatch } from '../acceptance/operations.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const tenants = Array.from({ length: 50 }, (_, no) => `tenant-${String(no).padStart(2, '0')}`);
/** A server has a pool of three connections; the embedded database has one, and is some times slower. */
const requests = { postgres: 20_000, embedded: 4_000 };
const clients = 24;

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
    gateway = await startTestGateway(kind, { config: { databasePoolMax: 3 } });
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

  it('never see a row of another one, aborted ones among them', async () => {
    const random = fc.sample(fc.tuple(fc.nat(tenants.length - 1), fc.nat(9), fc.nat(8)), {
      numRuns: requests[kind],
      seed: 20_261_122,
    });
    let [answered, aborted] = [0, 0];
    const wrong: unknown[] = [];
    const queue = random.values();
    await Promise.all(
      Array.from({ length: clients }, async () => {
        for (const [no, chance, delay] of queue) {
          if (chance === 0) {
            const abort = new AbortController();
            setTimeout(() => abort.abort(), delay);
            await ask(no, abort.signal).catch(() => undefined);
            aborted++;
            continue;
          }
          const answer = await ask(no);
          answered++;
          try {
            expect(answer).toEqual({ data: expected(no) });
          } catch (error) {
            wrong.push(error);
          }
        }
      }),
    );
    expect(wrong).toEqual([]);
    expect(answered + aborted).toBe(requests[kind]);
    expect(aborted).toBeGreaterThan(requests[kind] / 20);
  }, 600_000);
});
