import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { expect, it, onTestFinished, vi } from 'vitest';
import { Record as RecordCall, RecordBatch, Totals } from '../acceptance/operations.ts';
import { createTestDatabase, describeOnEachDatabase } from '../support/databases.ts';
import type { TestGateway } from '../support/gateway.ts';
import { deadlocks, startGateways } from '../support/shared-database.ts';

vi.setConfig({ testTimeout: 120_000 });

const tenantId = 'shared';
const writers = 8;
const rounds = 4;
const batchSize = 100;
const singles = 5;

type Sent = { tenantId: string; requestId: string; inputTokens: number; outputTokens: number };

describeOnEachDatabase('writers that share calls', (kind) => {
  it.each([30, 95])('store each once and see no error when %i in 100 calls are duplicates', async (percent) => {
    const database = await createTestDatabase(kind);
    onTestFinished(database.drop);
    // The embedded database takes one gateway.
    const gateways = await startGateways(database, kind === 'postgres' ? 2 : 1);

    const random = randomNumbers(percent);
    let distinct = 0;
    let recorded = 0;
    let sent = 0;
    for (let round = 0; round < rounds; round++) {
      const calls = callsOfRound(round, percent, random);
      distinct += new Set(calls.map(({ requestId }) => requestId)).size;
      sent += calls.length;
      const shares = Array.from({ length: writers }, (_, writer) =>
        calls.slice(writer * (batchSize + singles), (writer + 1) * (batchSize + singles)),
      );
      const counts = await Promise.all(shares.map((share, writer) => write(gateways[writer % gateways.length], share)));
      recorded += counts.reduce((sum, count) => sum + count, 0);
    }

    expect(Math.round((1 - distinct / sent) * 100)).toBe(percent);
    expect(recorded).toBe(distinct);
    for (const gateway of gateways)
      expect((await gateway.ask(Totals, { tenantId })).usage.totals.totalCalls).toBe(distinct);
    for (const gateway of gateways) await gateway.close();
    expect(await deadlocks(database)).toBe(0);
  });
});

/** Records the last calls of a writer's share one by one while the others are on their way in a batch. */
async function write(gateway: TestGateway | undefined, share: readonly Sent[]): Promise<number> {
  if (!gateway) throw new Error('Every writer has a gateway.');
  const [{ recordUsageBatch }, ...answers] = await Promise.all([
    gateway.ask(RecordBatch, { inputs: share.slice(singles) }),
    ...share.slice(0, singles).map((input) => gateway.ask(RecordCall, { input })),
  ]);
  expect(recordUsageBatch).toMatchObject({ rejected: 0 });
  expect(recordUsageBatch.recorded + recordUsageBatch.duplicates).toBe(batchSize);
  return recordUsageBatch.recorded + answers.filter(({ recordUsage }) => recordUsage.outcome === 'RECORDED').length;
}

type RandomNumbers = (below: number) => number;

function randomNumbers(seed: number): RandomNumbers {
  const generator = xoroshiro128plus(seed);
  return (below) => uniformInt(generator, 0, below - 1);
}

/** What all writers send in a round, in random order, so that no two of them have their keys in the same one. */
function callsOfRound(round: number, duplicatePercent: number, random: RandomNumbers): Sent[] {
  const size = writers * (batchSize + singles);
  const distinct = Math.round((size * (100 - duplicatePercent)) / 100);
  const newCall = (index: number): Sent => ({
    tenantId,
    requestId: `round ${round} call ${index}`,
    inputTokens: index,
    outputTokens: round,
  });
  const calls = Array.from({ length: size }, (_, index) => newCall(index < distinct ? index : random(distinct)));
  return calls
    .map((call) => ({ call, place: random(2 ** 31) }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ call }) => call);
}
