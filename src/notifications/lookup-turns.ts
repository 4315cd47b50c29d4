/**
 * The system resolves names on the four threads that the process has, for files too and for the database's own name. A tenant
 * whose name servers answer slowly must not take them all.
 */
const lookupsAtOnce = 2;
const mostWaiting = 64;

const waiting: (() => void)[] = [];
let running = 0;

/** Does a lookup when it is its turn. @throws {Error} with the code EAI_AGAIN when too many wait. */
export async function lookupInTurn<T>(lookup: () => Promise<T>): Promise<T> {
  if (waiting.length >= mostWaiting)
    throw Object.assign(new Error('Too many names wait to be resolved.'), { code: 'EAI_AGAIN' });
  if (running < lookupsAtOnce) running++;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    return await lookup();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}
