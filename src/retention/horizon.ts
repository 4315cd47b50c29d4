const dayMs = 86_400_000;

/** The instant before which calls leave the ledger that keeps them for so many days: the begin of a month of UTC. */
export function horizonOf(now: Date, days: number): Date {
  const last = new Date(now.getTime() - days * dayMs);
  last.setUTCDate(1);
  return new Date(last.setUTCHours(0, 0, 0, 0));
}
