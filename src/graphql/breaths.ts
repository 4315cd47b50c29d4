import { requestSignal } from '../database/work.ts';

/**
 * Where work that would hold the event loop for long stops for a moment. Of everything that waits here, one goes on in
 * each turn of the loop, so that a hundred large answers delay a small one no more than one does.
 */
const waiting: (() => void)[] = [];
let scheduled = false;

function goOn(): void {
  waiting.shift()?.();
  scheduled = waiting.length > 0;
  if (scheduled) setImmediate(goOn);
}

/** Resolves when it is one's turn to go on. @throws the reason why nobody waits for the request any more. */
export async function breath(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  waiting.push(resolve);
  if (!scheduled) {
    scheduled = true;
    setImmediate(goOn);
  }
  await promise;
  requestSignal()?.throwIfAborted();
}

/** Rows, with a breath after so many of them. */
export async function* withBreaths<T>(rows: readonly T[], rowsAtOnce: number): AsyncGenerator<T> {
  for (const [index, row] of rows.entries()) {
    if (index > 0 && index % rowsAtOnce === 0) await breath();
    yield row;
  }
}
