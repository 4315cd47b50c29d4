import type { Orm } from '../../src/database/orm.ts';
import { fold } from '../../src/rollup/fold.service.ts';

/** Folds until there is nothing left; other transactions of the server may hold the end back for a moment. */
export async function foldAll(orm: Orm, limit = 100_000): Promise<number> {
  let calls = 0;
  for (;;) {
    const step = await fold(orm.em.fork(), limit);
    calls += step.calls;
    if (!step.more) return calls;
  }
}
