import { expect, it, onTestFinished, vi } from 'vitest';
import { fold } from '../../src/rollup/fold.service.ts';
import { Totals } from '../acceptance/operations.ts';
import { dayMs, minuteMs } from '../reporting/intl-clock.ts';
import { foldAll } from '../reporting/folded.ts';
import { createTestDatabase, describeOnEachDatabase, type DatabaseKind } from '../support/databases.ts';
import { startTestGateway, superuserKey, type TestGateway } from '../support/gateway.ts';
import { ask, bearer } from '../web/requests.ts';
import { expectSummariesOfLedger } from './expect-summaries.ts';

vi.setConfig({ testTimeout: 180_000 });

const tenantIds = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'];
const clients = 6;
const acknowledgements = { postgres: 10_000, embedded: 2_000 };

const daysOfCalls = 45;
const begin = Date.now() - daysOfCalls * dayMs;

const record = 'mutation ($inputs: [RecordUsageInput!]!) { recordUsageBatch(inputs: $inputs) { recorded } }';
const count = `query ($from: DateTime) {
  ${tenantIds.map((id) => `${id}: usage(tenantId: "${id}", from: $from) { totals { totalCalls } }`).join('\n  ')}
}`;

/** How many calls were sent and acknowledged, the same of every tenant. */
interface Written {
  sent: number;
  acknowledged: number;
}

describeOnEachDatabase('what was acknowledged', (kind) => {
  const times = acknowledgements[kind];

  it(`is in the next report, ${times} times, while others record and everything is folded`, async () => {
    const gateways = await startGateways(kind);
    const [gateway] = gateways;
    const written: Written = { sent: 0, acknowledged: 0 };
    const turns = Math.ceil(times / tenantIds.length / clients);

    const folding = startFolding(gateway);
    const wrong = await Promise.all(
      Array.from({ length: clients }, (_, client) => writeAndRead(gateways, written, client, turns)),
    );
    const folded = await folding.end();
    expect(wrong.flat()).toEqual([]);
    // So that there was something to get wrong.
    expect(folded).toBeGreaterThan(turns);

    await foldAll(gateway.database.orm);
    await expectSummariesOfLedger(gateway.database.orm);
    for (const tenantId of tenantIds)
      expect((await gateway.ask(Totals, { tenantId })).usage.totals.totalCalls).toBe(clients * turns);
  });
});

type Gateways = [TestGateway, ...TestGateway[]];

/** Two on a server, so that recordings overlap; the embedded database takes one. */
async function startGateways(kind: DatabaseKind): Promise<Gateways> {
  const database = await createTestDatabase(kind);
  onTestFinished(database.drop);
  const start = async () => {
    const shared = { config: database.config, drop: async () => undefined };
    const gateway = await startTestGateway(kind, { database: shared, folding: false });
    onTestFinished(() => gateway.close());
    return gateway;
  };
  const first = await start();
  return kind === 'embedded' ? [first] : [first, await start()];
}

/** Folds as fast as it goes, a few calls at a time. */
function startFolding({ database }: TestGateway): { end(): Promise<number> } {
  const ending = new AbortController();
  const run = async () => {
    let calls = 0;
    for (let turn = 0; !ending.signal.aborted; turn++)
      calls += (await fold(database.orm.em.fork(), 1 + ((turn * 7) % 40))).calls;
    return calls;
  };
  const running = run();
  running.catch(() => undefined);
  return {
    end() {
      ending.abort();
      return running;
    },
  };
}

/** Records a call of each tenant and asks for their reports, time after time; returns what was wrong with these. */
async function writeAndRead(gateways: Gateways, written: Written, client: number, turns: number): Promise<string[]> {
  const wrong: string[] = [];
  const gatewayOf = (no: number) => gateways[no % gateways.length] ?? gateways[0];
  for (let turn = 0; turn < turns; turn++) {
    // In summaries of hours, days and months, and so that each of these gets calls again and again.
    const minute = (turn * 7_919 + client * 31) % (daysOfCalls * 24 * 60);
    const call = { requestId: `${client}-${turn}`, inputTokens: turn, outputTokens: 1, occurredAt: toText(minute) };
    written.sent++;
    const inputs = tenantIds.map((tenantId) => ({ ...call, tenantId }));
    const { recordUsageBatch } = await answer<Recorded>(gatewayOf(client), record, { inputs });
    if (recordUsageBatch.recorded !== tenantIds.length) wrong.push(`${recordUsageBatch.recorded} calls were recorded`);
    written.acknowledged++;

    const atLeast = written.acknowledged;
    // From the first call on, or from a time before it.
    const reports = await answer<Reports>(gatewayOf(client + turn), count, turn % 2 === 0 ? {} : { from: toText(0) });
    for (const [tenantId, { totals }] of Object.entries(reports))
      if (totals.totalCalls < atLeast || totals.totalCalls > written.sent)
        wrong.push(`${tenantId}: ${totals.totalCalls} calls; ${atLeast} acknowledged, ${written.sent} sent`);
  }
  return wrong;
}

const toText = (minute: number) => new Date(begin + minute * minuteMs).toISOString();

interface Recorded {
  recordUsageBatch: { recorded: number };
}

type Reports = Record<string, { totals: { totalCalls: number } }>;

async function answer<Data>(gateway: TestGateway, query: string, variables: Record<string, unknown>): Promise<Data> {
  const { errors, text } = await ask(gateway, query, bearer(superuserKey), variables);
  if (errors.length > 0) throw new Error(text);
  const { data }: { data: Data } = JSON.parse(text);
  return data;
}
