import { Gate } from '../admission/gate.ts';
import { laneOf } from '../caller/principal.ts';
import type { RequestContext } from '../caller/request-context.ts';
import type { Config } from '../settings/config.ts';

/** Of the connections to the database, what reports may take; of these, what one tenant may. */
const share = 0.6;
const shareOfOne = 0.5;

const companyMs = 10_000;

/** The gate that all reports of a gateway pass. The embedded database has one connection, so that its reports take turns. */
export function createReportGate({
  databaseUrl,
  databasePoolMax,
  reportLimits,
}: Pick<Config, 'databaseUrl' | 'databasePoolMax' | 'reportLimits'>): Gate {
  const maxInside = databaseUrl ? Math.max(1, Math.floor(databasePoolMax * share)) : 1;
  return new Gate({
    what: 'reports',
    maxInside,
    maxInsideEach: Math.max(1, Math.ceil(maxInside * shareOfOne)),
    maxWaitingEach: reportLimits.waitingEach,
    maxWaitMs: reportLimits.waitMs,
    companyMs,
  });
}

/** Reads for a report, once it is the turn of whoever asks. */
export const inTurn = <T>({ principal, services }: RequestContext, read: () => Promise<T>): Promise<T> =>
  services.reportGate.run(laneOf(principal), read);

declare module '../caller/request-context.ts' {
  interface RequestServices {
    /** Lets reports read in turn by tenant. */
    readonly reportGate: Gate;
  }
}
