import { setTimeout as sleep } from 'node:timers/promises';
import type { Choices } from './choices.ts';
import type { DatabaseKind } from './databases.ts';
import type { World } from './world.ts';

/** What is chosen of a fault before anybody looks whether it can be now. */
interface Chosen {
  /** Of a gateway or of the line to it. */
  no: number;
  durationMs: number;
  percent: number;
  isFast: boolean;
}

interface Fault {
  /** How long it lasts at most; each lasts at random, often much shorter. */
  longestMs: number;
  /** What fails, so that no two things happen to it at once. */
  target: 'gateway' | 'clients' | 'database' | 'database line' | 'clock' | 'disk';
  on: readonly DatabaseKind[];
  /** Lets it happen, and ends it when the time is over or everything is to be repaired. */
  strike(world: World, chosen: Chosen, pause: () => Promise<void>): Promise<void>;
}

const everywhere = ['postgres', 'embedded'] as const;
const onServer = ['postgres'] as const;

const gatewayOf = ({ gateways }: World, { no }: Chosen) => gateways[no % gateways.length];
const databaseLineOf = ({ database: { lines } }: World, { no }: Chosen) => lines[no % lines.length];

/** Everything that can be made to fail. */
const faults = {
  /** A gateway is killed, and started again. */
  kill: {
    longestMs: 1500,
    target: 'gateway',
    on: everywhere,
    async strike(world, chosen, pause) {
      const gateway = gatewayOf(world, chosen);
      await gateway?.kill();
      await pause();
      // While its database is away it cannot start; the repair will see to it.
      await gateway?.start().catch(() => undefined);
    },
  },
  /** A gateway stands still and goes on, as a virtual machine does. */
  freeze: {
    longestMs: 8000,
    target: 'gateway',
    on: everywhere,
    async strike(world, chosen, pause) {
      const gateway = gatewayOf(world, chosen);
      gateway?.signal('SIGSTOP');
      await pause();
      gateway?.signal('SIGCONT');
    },
  },
  /** The database ends, at once or in order, and comes back. */
  'restart-database': {
    longestMs: 2000,
    target: 'database',
    on: onServer,
    async strike({ database: { server } }, { isFast }, pause) {
      await server?.end(isFast ? 'shutDown' : 'kill');
      await pause();
      await server?.revive(performance.now() + 30_000);
    },
  },
  /** The database stands still and goes on. */
  'freeze-database': {
    longestMs: 8000,
    target: 'database',
    on: onServer,
    async strike({ database: { server } }, _chosen, pause) {
      server?.signal('SIGSTOP');
      await pause();
      server?.signal('SIGCONT');
    },
  },
  /** Connections of gateways are ended by the database. */
  terminate: {
    longestMs: 500,
    target: 'database',
    on: onServer,
    async strike({ database: { server } }, { percent }, pause) {
      await server?.terminateConnections(percent);
      await pause();
    },
  },
  /** An answer to a client is lost with its connection. */
  'cut-answers': {
    longestMs: 500,
    target: 'clients',
    on: everywhere,
    async strike(world, chosen, pause) {
      gatewayOf(world, chosen)?.line.cutBefore(chosen.isFast ? 'RECORDED' : 'HTTP/1.1 200');
      await pause();
    },
  },
  /** An answer of the database is lost with its connection, most of all one to a commit. */
  'cut-commits': {
    longestMs: 500,
    target: 'database line',
    on: onServer,
    async strike(world, chosen, pause) {
      databaseLineOf(world, chosen)?.cutBefore(['COMMIT', 'SELECT', 'INSERT', ''][chosen.percent % 4] ?? '');
      await pause();
    },
  },
  /** All connections of a gateway are lost, those to clients or those to the database. */
  sever: {
    longestMs: 500,
    target: 'database line',
    on: everywhere,
    async strike(world, chosen, pause) {
      const line = chosen.isFast ? gatewayOf(world, chosen)?.line : databaseLineOf(world, chosen);
      line?.sever();
      await pause();
    },
  },
  /** Nothing comes through between a gateway and the database for a time, and then everything does. */
  hold: {
    longestMs: 6000,
    target: 'database line',
    on: onServer,
    async strike(world, chosen, pause) {
      const line = databaseLineOf(world, chosen);
      line?.hold();
      await pause();
      line?.resume();
    },
  },
  /** The connections of a gateway to its database die without a word, as behind a firewall. */
  'dead-connections': {
    longestMs: 500,
    target: 'database line',
    on: onServer,
    async strike(world, chosen, pause) {
      databaseLineOf(world, chosen)?.deaden();
      await pause();
    },
  },
  /** There is no room left where the database stores. */
  'full-disk': {
    longestMs: 3000,
    target: 'disk',
    on: everywhere,
    async strike({ database: { disk } }, _chosen, pause) {
      disk?.fill();
      await pause();
      disk?.clear();
    },
  },
  /** The clock of a gateway jumps by up to two hours, and back; that of the embedded database is its gateway's. */
  clock: {
    longestMs: 5000,
    target: 'clock',
    on: onServer,
    async strike(world, chosen, pause) {
      const gateway = gatewayOf(world, chosen);
      world.clocksAreOff = true;
      const aheadMs = chosen.percent * 72_000;
      gateway?.setClock(chosen.isFast ? aheadMs : -aheadMs);
      await pause();
      gateway?.setClock(0);
    },
  },
  /** Clients send their requests in pieces; what they do is chosen with everything else that they do. */
  'slow-clients': { longestMs: 500, target: 'clients', on: everywhere, strike: (_world, _chosen, pause) => pause() },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;

// The keys of the object are of that type.
export const faultNames = Object.keys(faults) as FaultName[];

/** What gateways withstand. */
export const standardFaults: readonly FaultName[] = faultNames.filter((name) => name !== 'clock');

const longestPauseMs = 1500;
/** So many faults may be at the same time. */
const atOnce = 2;

export interface RunningFaults {
  /** Resolves when the last has ended. */
  stop(): Promise<void>;
}

/** Lets things fail, two at a time at most, until it is stopped. */
export function startFaults(
  world: World,
  choicesOf: (no: number) => Choices,
  enabled: readonly FaultName[],
  counts: Map<FaultName, number>,
): RunningFaults {
  const ending = new AbortController();
  const busy = new Set<string>();
  const wait = (ms: number) => sleep(ms, undefined, { signal: ending.signal }).catch(() => undefined);
  const possible = enabled.filter((name) => faults[name].on.some((kind) => kind === world.database.kind));

  const strike = async (name: FaultName, chosen: Chosen) => {
    const { target, strike }: Fault = faults[name];
    const place = `${target} ${target === 'database' || target === 'disk' ? '' : chosen.no % world.gateways.length}`;
    if (busy.has(place)) return;
    busy.add(place);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    world.journal.note(`fault: ${name} of ${place} for ${chosen.durationMs} ms`);
    try {
      await strike(world, chosen, () => wait(chosen.durationMs));
    } finally {
      world.journal.note(`fault over: ${name} of ${place}`);
      busy.delete(place);
    }
  };
  const run = async (choices: Choices) => {
    while (!ending.signal.aborted) {
      await wait(choices.between(0, longestPauseMs));
      const name = choices.pick(possible);
      if (!name) return;
      const longest = choices.percent(50) ? faults[name].longestMs : faults[name].longestMs / 10;
      const chosen = {
        no: choices.between(0, 1),
        durationMs: choices.between(0, longest),
        percent: choices.between(1, 100),
        isFast: choices.percent(50),
      };
      if (!ending.signal.aborted) await strike(name, chosen);
    }
  };
  const running = Promise.all(Array.from({ length: atOnce }, (_, no) => run(choicesOf(no))));
  // Whoever stops them hears of it.
  running.catch(() => undefined);
  return {
    async stop() {
      ending.abort();
      await running;
    },
  };
}
