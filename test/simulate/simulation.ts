import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { price } from './calls.ts';
import { Choices } from './choices.ts';
import { Client } from './client.ts';
import { createEmbeddedDatabase, createPostgresDatabase, type DatabaseKind } from './databases.ts';
import { createAgent, createKey, createTenant, setPrice } from './documents.ts';
import { agentNames, checkExactly, checkExport, checkSummaries } from './exact-checks.ts';
import { startFaults, type FaultName } from './faults.ts';
import { SimulatedGateway } from './gateway.ts';
import { Journal, SimulationFailure } from './journal.ts';
import { Ledger } from './ledger.ts';
import { tenants } from './operations.ts';
import { repair, settle } from './settle.ts';
import { Tenancy } from './tenancy.ts';
import { sendUntilAnswered, unexpected, type World } from './world.ts';

export interface SimulationOptions {
  seed: number;
  minutes: number;
  database: DatabaseKind;
  clients: number;
  faults: readonly FaultName[];
}

export interface SimulationResult {
  rounds: number;
  calls: number;
  stored: number;
  faults: Map<FaultName, number>;
  /** What went wrong, with what happened before; undefined when nothing did. */
  failure: string | undefined;
}

const gatewaysOn: Record<DatabaseKind, number> = { postgres: 2, embedded: 1 };
const fewestOperations = 15;
const mostOperations = 45;
/** Of a hundred rounds, so many have no faults. */
const calmPercent = 25;

/** Runs a simulation until its time is over or something is wrong, and leaves nothing behind. */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const folder = mkdtempSync(join(tmpdir(), 'ugsim-'));
  // A database server that does not run as root passes through it to its disk.
  chmodSync(folder, 0o711);
  const result: SimulationResult = { rounds: 0, calls: 0, stored: 0, faults: new Map(), failure: undefined };
  const journal = new Journal();
  const world: World = {
    ...(await createStage(options, folder)),
    ledger: new Ledger(),
    tenancy: new Tenancy(tenants.map(({ id }) => id)),
    journal,
    adminKeys: new Map(),
    calm: true,
    clocksAreOff: false,
    clientsAreSlow: options.faults.includes('slow-clients'),
  };
  const clients = Array.from({ length: options.clients }, (_, no) => new Client(world, options.seed, `c${no}`));
  const count = () => {
    const known = world.ledger.all();
    result.calls = known.length;
    result.stored = known.filter(({ stored }) => stored).length;
  };
  try {
    await Promise.all(world.gateways.map((gateway) => gateway.start()));
    world.adminKeys = await populate(world);
    const choices = new Choices(options.seed, 'rounds');
    const until = performance.now() + options.minutes * 60_000;
    while (performance.now() < until) {
      result.rounds++;
      await playRound(world, clients, choices, options, result);
      count();
    }
    await finish(world, folder);
  } catch (error) {
    count();
    result.failure = tell(world, error, result.rounds);
  } finally {
    for (const gateway of world.gateways) await gateway.close();
    await world.database.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  return result;
}

async function createStage(
  { database: kind, faults }: SimulationOptions,
  folder: string,
): Promise<Pick<World, 'database' | 'gateways'>> {
  const withDisk = faults.includes('full-disk');
  const database =
    kind === 'embedded'
      ? await createEmbeddedDatabase(folder, withDisk)
      : await createPostgresDatabase(folder, gatewaysOn[kind], withDisk);
  const gateways = database.settings.map(
    (settings, index) =>
      new SimulatedGateway({
        name: `gateway ${index + 1}`,
        folder: join(folder, `gateway-${index + 1}`),
        database: settings,
      }),
  );
  return { database, gateways };
}

/** Makes what is there from the beginning to the end. @returns a key of each tenant's admin. */
async function populate(world: World): Promise<Map<string, string>> {
  const ask = async (what: string, document: string, variables: Record<string, unknown>) => {
    const answer = await sendUntilAnswered(world, what, { document, variables });
    if (answer.errors.length > 0) unexpected(what, answer);
    return answer.data;
  };
  await ask('set the price', setPrice, { input: { ...price, effectiveFrom: '2020-01-01T00:00:00Z' } });
  const keys = new Map<string, string>();
  for (const { id, timezone } of tenants) {
    await ask(`create tenant ${id}`, createTenant, { id, name: id, timezone });
    for (const [agentId, name] of agentNames)
      await ask(`create agent`, createAgent, { tenantId: id, id: agentId, name });
    // What the document asks for.
    const { createApiKey } = (await ask(`make a key`, createKey, { tenantId: id, role: 'TENANT_ADMIN' })) as {
      createApiKey: { secret: string };
    };
    keys.set(id, createApiKey.secret);
  }
  return keys;
}

/** Clients do some things at the same time, with faults or without; then everything is made certain and looked at. */
async function playRound(
  world: World,
  clients: readonly Client[],
  choices: Choices,
  { seed, faults }: SimulationOptions,
  result: SimulationResult,
): Promise<void> {
  const operations = choices.between(fewestOperations, mostOperations);
  world.calm = choices.percent(calmPercent) || faults.length === 0;
  world.journal.note(`round ${result.rounds}: ${operations} operations each, ${world.calm ? 'no faults' : 'faults'}`);
  const ending = new AbortController();
  const running = world.calm
    ? undefined
    : startFaults(world, (no) => new Choices(seed, `faults ${result.rounds}/${no}`), faults, result.faults);
  const acting = clients.map(async (client) => {
    try {
      await client.act(operations, ending.signal);
    } catch (error) {
      ending.abort();
      throw error;
    }
  });
  // All of them end before anything is told, so that nothing goes on behind its back.
  const outcomes = await Promise.allSettled(acting);
  await running?.stop();
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  if (!world.calm) await repair(world);
  world.clocksAreOff = false;
  await settle(world, clients);
  world.calm = true;
  await checkExactly(world, new Choices(seed, `checks ${result.rounds}`));
}

/** What has to hold at the very end. */
async function finish(world: World, folder: string): Promise<void> {
  await checkSummaries(world);
  for (const gateway of world.gateways) await gateway.stop();
  const [settings = {}] = world.database.settings;
  for (const id of world.tenancy.all())
    if (world.tenancy.isCertain(id, 'present') && world.ledger.ofTenant(id).length > 0)
      await checkExport(world, id, settings, folder);
}

const shownLines = 60;

function tell(world: World, error: unknown, round: number): string {
  const about = error instanceof SimulationFailure ? error.about : [];
  const message =
    error instanceof SimulationFailure ? error.message : error instanceof Error ? error.stack : String(error);
  return [
    `in round ${round}: ${message}`,
    'The last that happened (seconds):',
    ...world.journal.last(shownLines, about),
    ...world.gateways.flatMap((gateway) => [`The log of ${gateway.name}:`, ...gateway.log(15)]),
  ].join('\n');
}
