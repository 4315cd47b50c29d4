import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../settings/log.ts';
import type { Orm } from '../database/orm.ts';
import { fold } from './fold.service.ts';

export interface Folder {
  /** Lets the running step end, and takes no other. */
  stop(): Promise<void>;
}

export interface FolderOptions {
  /** How long one step may take, about; the embedded database does nothing else meanwhile. */
  stepMs: number;
  /** How long to wait when everything is folded. */
  pauseMs: number;
}

/** Steps are short where others wait for them, and larger where they cost less for each call. */
export const folderOptions = ({ databaseUrl }: { databaseUrl: string | undefined }): FolderOptions => ({
  stepMs: databaseUrl ? 1000 : 50,
  pauseMs: 1000,
});

const calls = { first: 1_000, fewest: 200, most: 50_000 };
const pauseAfterFailureMs = 5_000;

/** Folds the ledger into summaries in the background, step by step, until it is stopped. */
export function startFolding(orm: Orm, log: Logger, options: FolderOptions): Folder {
  const ending = new AbortController();
  const pause = (ms: number) => sleep(ms, undefined, { signal: ending.signal, ref: false }).catch(() => undefined);
  const run = async () => {
    let limit = calls.first;
    while (!ending.signal.aborted) {
      const startedMs = performance.now();
      const step = await fold(orm.em.fork(), limit).catch((error: unknown) => {
        log.warn({ err: error }, 'folding failed and will be tried again; reports read the ledger meanwhile');
      });
      const tookMs = performance.now() - startedMs;
      if (step?.more) limit = fitting(limit, tookMs, options.stepMs);
      else await pause(step ? Math.max(options.pauseMs, 4 * tookMs) : pauseAfterFailureMs);
    }
  };
  const running = run();
  return {
    async stop() {
      ending.abort();
      await running;
    },
  };
}

/** How many calls to take so that a step lasts as long as it should. */
const fitting = (limit: number, tookMs: number, stepMs: number): number =>
  Math.round(Math.max(calls.fewest, Math.min(calls.most, 2 * limit, (limit * stepMs) / tookMs)));
