import type { Task } from '../background/task.ts';
import type { Orm } from '../database/orm.ts';
import type { Logger } from '../settings/log.ts';
import { signals } from '../telemetry/signals.ts';
import { inSpan } from '../telemetry/tracing.ts';
import type { TenantId } from '../values/identifier.ts';
import { fold, type FoldStep } from './fold.service.ts';
import { findUnweighed } from './weigh.repository.ts';
import { weigh } from './weigh.service.ts';

export interface FoldOptions {
  /** How long one step may take, about; the embedded database does nothing else meanwhile. */
  stepMs: number;
  /** How long to wait when everything is folded. */
  pauseMs: number;
}

/** Steps are short where others wait for them, and larger where they cost less for each call. */
export const foldOptions = ({ databaseUrl }: { databaseUrl: string | undefined }): FoldOptions => ({
  stepMs: databaseUrl ? 1000 : 50,
  pauseMs: 1000,
});

const calls = { first: 1_000, fewest: 200, most: 50_000 };

/** How often tenants that are to be weighed, though no call tells, are looked for, and how many at most. */
const unweighed = { everyMs: 60_000, atMost: 1_000 };

const failurePauseMs = { first: 5_000, longest: 60_000 };

/** Tenants whose summaries cannot be made, each with when it is tried again: they hold back nobody else. */
class FailingTenants {
  readonly #log: Logger;
  readonly #tenants = new Map<TenantId, { pauseMs: number; againMs: number }>();

  constructor(log: Logger) {
    this.#log = log;
  }

  get size(): number {
    return this.#tenants.size;
  }

  /** Those that are not to be tried now. */
  resting(): TenantId[] {
    return [...this.#tenants].flatMap(([id, { againMs }]) => (againMs > performance.now() ? [id] : []));
  }

  /** Notes what failed; whoever was tried again and did not fail is forgotten. */
  add(failed: FoldStep['failed']): void {
    const tried = [...this.#tenants].filter(([, { againMs }]) => againMs <= performance.now());
    for (const { tenantId, error } of failed) {
      const before = this.#tenants.get(tenantId)?.pauseMs;
      const pauseMs = before === undefined ? failurePauseMs.first : Math.min(2 * before, failurePauseMs.longest);
      this.#log.error({ err: error, tenantId, pauseMs }, 'a tenant could not be folded; its reports read the ledger');
      this.#tenants.set(tenantId, { pauseMs, againMs: performance.now() + pauseMs });
    }
    for (const [id] of tried) if (!failed.some(({ tenantId }) => tenantId === id)) this.#tenants.delete(id);
  }
}

/**
 * Folds the ledger into summaries, in steps of about `stepMs`, and looks for new calls every `pauseMs` or less often. After
 * a step one of the tenants that have grown is weighed, and when nothing waits those that have never been, or that have
 * another time zone since.
 */
export function foldTask(orm: Orm, log: Logger, { stepMs, pauseMs }: FoldOptions): Task {
  let limit = calls.first;
  const failing = new FailingTenants(log);
  const grown = new Set<TenantId>();
  let lookAgainMs = 0;
  const lookForUnweighed = async (): Promise<void> => {
    if (grown.size > 0 || performance.now() < lookAgainMs) return;
    lookAgainMs = performance.now() + unweighed.everyMs;
    for (const tenantId of await findUnweighed(orm.em.fork(), unweighed.atMost)) grown.add(tenantId);
  };
  const weighNext = async (): Promise<void> => {
    const [tenantId] = grown;
    if (tenantId === undefined) return;
    grown.delete(tenantId);
    try {
      await weigh(orm.em.fork(), tenantId);
    } catch (error) {
      // It is among the grown ones again as soon as more of its calls are folded.
      log.error({ err: error, tenantId }, 'a tenant could not be given other summaries; it keeps those that it has');
    }
  };
  return {
    name: 'fold',
    whileFailing: 'reports read the ledger',
    failurePauseMs,
    async step() {
      const startedMs = performance.now();
      const step = await inSpan('fold', {}, () => fold(orm.em.fork(), limit, failing.resting()));
      const { more, failed, grown: grownNow } = step;
      const tookMs = performance.now() - startedMs;
      failing.add(failed);
      signals.fold.emit({ calls: step.calls, failingTenants: failing.size });
      for (const tenantId of grownNow) grown.add(tenantId);
      await weighNext();
      if (!more) await lookForUnweighed();
      if (!more) return grown.size > 0 ? 'again' : { restMs: Math.max(pauseMs, 4 * tookMs) };
      limit = fitting(limit, tookMs, stepMs);
      return 'again';
    },
  };
}

/** How many calls to take so that a step lasts as long as it should. */
const fitting = (limit: number, tookMs: number, stepMs: number): number =>
  Math.round(Math.max(calls.fewest, Math.min(calls.most, 2 * limit, (limit * stepMs) / tookMs)));
