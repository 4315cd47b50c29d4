import { dayMs, hourMs, zones, type TimedBucket } from '../reporting/intl-clock.ts';
import type { Filters, Order } from '../support/oracle.ts';
import {
  agents,
  channels,
  eventfulInstant,
  models,
  providers,
  randomCall,
  users,
  type PlannedCall,
  type When,
} from './calls.ts';
import type { Choices } from './choices.ts';

/** Tenants that are there from the beginning to the end, two of them with ids that differ in case alone. */
export const tenants: readonly [PermanentTenant, ...PermanentTenant[]] = [
  { id: 'Acme', timezone: 'Europe/Berlin' },
  { id: 'acme', timezone: 'Asia/Kathmandu' },
  { id: 'berlin', timezone: 'UTC' },
  { id: 'Zürich', timezone: 'Pacific/Apia' },
];

interface PermanentTenant {
  id: string;
  timezone: string;
}

/** How a call is sent: as it is, in a way that is the same, in one that contradicts it, or in one that nobody takes. */
export type Variant = 'itself' | 'without time' | 'other tokens' | 'other time' | 'invalid';

export interface Sending {
  call: PlannedCall;
  variant: Variant;
}

export interface PlannedWindow {
  from: When | undefined;
  to: When | undefined;
  filters: Filters;
}

export interface PlannedReport extends PlannedWindow {
  bucket: TimedBucket | 'NONE';
  /** The tenant's own, or UTC for all tenants, when left out. */
  zone: string | undefined;
  orderBy: Order['orderBy'] | undefined;
  first: number | undefined;
}

/** What happens to a tenant that comes and goes, one after the other. */
export type LifeStep =
  | 'create'
  | 'create at both'
  | 'delete'
  | 'record'
  | 'record with its key'
  | 'delete and record'
  | 'make a key';

export type Act =
  | { kind: 'record'; calls: Sending[]; alone: boolean; atBoth: boolean }
  | { kind: 'void'; call: PlannedCall; reason: string }
  | { kind: 'report'; tenantId: string; report: PlannedReport }
  | { kind: 'report on all'; report: PlannedReport; pageSize: number }
  | { kind: 'list'; tenantId: string; window: PlannedWindow; pageSize: number }
  | { kind: 'make key'; tenantId: string }
  | { kind: 'use key' | 'end key'; key: number; call: PlannedCall }
  | { kind: 'ask for another tenant'; tenantId: string; other: string }
  | { kind: 'live and die'; tenantId: string; steps: LifeStep[]; calls: PlannedCall[] };

/** What a client does next. It follows from its stream of choices alone, whatever it was answered before. */
export type Operation = Act & {
  /** Number of the gateway that is asked; there may be fewer. */
  gateway: number;
  /** Who asks: a superuser, or a key of the tenant. */
  by: 'superuser' | 'tenant';
  /** Pause between pieces of the request. */
  pauseMs: number | undefined;
  /** How often it is tried until it is answered. */
  tries: number;
  restMs: number;
};

/** Thinks of what a client does. */
export class Planner {
  readonly #choices: Choices;
  readonly #client: string;
  readonly #calls: PlannedCall[] = [];
  #keys = 0;
  #lives = 0;

  constructor(choices: Choices, client: string) {
    this.#choices = choices;
    this.#client = client;
  }

  next(): Operation {
    const choices = this.#choices;
    const act = this.#act();
    return {
      ...act,
      gateway: choices.between(0, 1),
      by: choices.pick(['superuser', 'tenant']),
      pauseMs: choices.percent(5) ? choices.between(5, 150) : undefined,
      tries: choices.between(1, 3),
      restMs: choices.between(0, 30),
    };
  }

  #act(): Act {
    const choices = this.#choices;
    const kind = choices.weighted({
      record: 45,
      void: 7,
      report: 16,
      'report on all': 4,
      list: 6,
      'make key': 3,
      'use key': 6,
      'end key': 2,
      'ask for another tenant': 2,
      'live and die': 4,
    });
    const tenantId = choices.pick(tenants).id;
    switch (kind) {
      case 'record':
        return this.#record(tenantId);
      case 'void': {
        const call = this.#earlier() ?? this.#newCall(tenantId);
        return { kind, call, reason: `reason ${choices.between(1, 1000)}` };
      }
      case 'report':
        return { kind, tenantId, report: randomReport(choices) };
      case 'report on all':
        return { kind, report: randomReport(choices), pageSize: choices.between(1, 5) };
      case 'list':
        return { kind, tenantId, window: randomWindow(choices), pageSize: choices.between(20, 500) };
      case 'make key':
        this.#keys++;
        return { kind, tenantId };
      case 'use key':
      case 'end key':
        return { kind, key: choices.between(0, Math.max(0, this.#keys - 1)), call: this.#newCall('') };
      case 'ask for another tenant': {
        const others = tenants.filter(({ id }) => id !== tenantId);
        return { kind, tenantId, other: choices.pick(others)?.id ?? '' };
      }
      case 'live and die':
        return this.#life();
    }
  }

  #record(tenantId: string): Act {
    const choices = this.#choices;
    const alone = choices.percent(50);
    const calls = choices.several(1, alone ? 1 : choices.pick([3, 10, 40]), () => this.#sending(tenantId));
    return { kind: 'record', calls, alone, atBoth: choices.percent(12) };
  }

  #sending(tenantId: string): Sending {
    const what = this.#choices.weighted({ new: 70, again: 14, 'without time': 3, contradiction: 10, invalid: 3 });
    const earlier = what === 'new' || what === 'invalid' ? undefined : this.#earlier(tenantId);
    const call = earlier ?? this.#newCall(tenantId);
    if (what === 'without time' || what === 'invalid') return { call, variant: what };
    if (what === 'contradiction') return { call, variant: this.#choices.pick(['other tokens', 'other time']) };
    return { call, variant: 'itself' };
  }

  #newCall(tenantId: string): PlannedCall {
    const call = randomCall(this.#choices, tenantId, `${this.#client}-${this.#calls.length}`);
    this.#calls.push(call);
    return call;
  }

  /** One of the latest, or one of all, that this client has thought of. */
  #earlier(tenantId?: string): PlannedCall | undefined {
    const calls = this.#calls.filter((call) => call.tenantId !== '' && (tenantId ?? call.tenantId) === call.tenantId);
    return this.#choices.pick(this.#choices.percent(80) ? calls.slice(-20) : calls);
  }

  /** Few ids, so that many a tenant is made again. */
  #life(): Act {
    const choices = this.#choices;
    const no = choices.percent(50) ? this.#lives++ : choices.between(0, this.#lives);
    const tenantId = `${this.#client}-tenant-${no}`;
    const step = (): LifeStep =>
      choices.weighted({
        create: 6,
        'create at both': 2,
        delete: 6,
        'make a key': 3,
        record: 1,
        'record with its key': 1,
        'delete and record': 1,
      });
    const steps = choices.several(2, 6, step);
    return { kind: 'live and die', tenantId, steps, calls: steps.map(() => this.#newCall(tenantId)) };
  }
}

const mostBuckets = 150;
const lengths: Record<TimedBucket, number> = {
  MINUTE: hourMs / 60,
  HOUR: hourMs,
  DAY: dayMs,
  WEEK: 7 * dayMs,
  MONTH: 28 * dayMs,
};

export function randomReport(choices: Choices): PlannedReport {
  const window = randomWindow(choices);
  return {
    ...window,
    bucket: choices.percent(20) ? 'NONE' : bucketFor(choices, window),
    zone: choices.percent(70) ? choices.pick(zones) : undefined,
    orderBy: choices.percent(70) ? choices.pick(['COST_DESC', 'CALLS_DESC', 'TOKENS_DESC', 'NAME_ASC']) : undefined,
    first: choices.percent(30) ? choices.between(1, 8) : undefined,
  };
}

/** One that has not too many buckets in the window. */
function bucketFor(choices: Choices, { from, to }: PlannedWindow): TimedBucket {
  const length = from && to ? instantOf(to, 0) - instantOf(from, 0) : Number.NaN;
  const fitting = (['MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH'] as const).filter(
    (bucket) => length / lengths[bucket] <= mostBuckets,
  );
  return choices.pick(fitting) ?? choices.pick(['WEEK', 'MONTH']);
}

export const instantOf = (when: When, now: number): number => ('at' in when ? when.at : now - when.agoMs);

function randomWindow(choices: Choices): PlannedWindow {
  return { ...randomBorders(choices), filters: randomFilters(choices) };
}

function randomBorders(choices: Choices): { from: When | undefined; to: When | undefined } {
  const kind = choices.weighted({ around: 5, 'until now': 3, everything: 2, 'open at the beginning': 1 });
  if (kind === 'everything') return { from: undefined, to: undefined };
  const length = choices.between(1, choices.pick([3 * hourMs, 7 * dayMs, 150 * dayMs]));
  if (kind === 'until now') return { from: { agoMs: length }, to: choices.percent(70) ? undefined : { agoMs: 0 } };
  const from = eventfulInstant(choices) - Math.floor((length * choices.pick([0, 50, 90, 100])) / 100);
  return { from: kind === 'around' ? { at: from } : undefined, to: { at: from + length } };
}

/** A few at once at most, so that calls are left. */
function randomFilters(choices: Choices): Filters {
  const some = <T>(values: readonly T[]) =>
    choices.several(0, 3, () => choices.pick(values)).flatMap((value) => value ?? []);
  const all: Filters = {
    agentId: some(agents),
    provider: some(providers),
    model: some(models),
    channelId: some(channels),
    userId: some([...users, 'nobody']),
    status: some(['SUCCESS', 'FAILED'] as const),
    operation: some(['chat', 'embedding']),
    threadId: some(['thread-1', 'thread-2']),
  };
  const kept = choices.percent(50) ? [] : choices.several(1, 2, () => choices.pick(Object.keys(all)));
  return Object.fromEntries(Object.entries(all).filter(([field]) => kept.includes(field)));
}
