import type { Task } from '../background/task.ts';
import type { Orm } from '../database/orm.ts';
import { fold } from './fold.service.ts';

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

/** Folds the ledger into summaries, in steps of about `stepMs`, and looks for new calls every `pauseMs` or less often. */
export function foldTask(orm: Orm, { stepMs, pauseMs }: FoldOptions): Task {
  let limit = calls.first;
  return {
    name: 'fold',
    whileFailing: 'reports read the ledger',
    failurePauseMs: { first: 5_000, longest: 60_000 },
    async step() {
      const startedMs = performance.now();
      const { more } = await fold(orm.em.fork(), limit);
      const tookMs = performance.now() - startedMs;
      if (!more) return { restMs: Math.max(pauseMs, 4 * tookMs) };
      limit = fitting(limit, tookMs, stepMs);
      return 'again';
    },
  };
}

/** How many calls to take so that a step lasts as long as it should. */
const fitting = (limit: number, tookMs: number, stepMs: number): number =>
  Math.round(Math.max(calls.fewest, Math.min(calls.most, 2 * limit, (limit * stepMs) / tookMs)));
