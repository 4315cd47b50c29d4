import type { FoldLag } from './metrics.ts';
import { poolUse } from './observe-pool.ts';
import { recordingQueueCalls } from './observe-recording.ts';
import { signals } from './signals.ts';

/** How a background task does, as the runner tells it. */
export interface TaskHealth {
  name: string;
  runningSince: Date | null;
  lastSuccessAt: Date | null;
  lastFailure: { at: Date; message: string } | null;
  consecutiveFailures: number;
}

export interface OperatorHealthParts {
  version: string;
  lag: () => Promise<FoldLag>;
  tasks: () => readonly TaskHealth[];
}

/** What a gateway tells operators of its health, beyond what everybody may know. */
export interface OperatorHealth {
  /** "degraded" when answers may be slow or fail although the gateway runs. */
  status: 'ok' | 'degraded';
  version: string;
  uptimeSeconds: number;
  /** Null when the database could not be asked. */
  fold: { lagCalls: number; lagSeconds: number } | null;
  failingTenants: number;
  recordingQueueCalls: number;
  connections: { inUse: number; idle: number; waiting: number };
  tasks: readonly TaskHealth[];
}

/** Reads the details of health; `stop` ends listening to what they are made of. */
export function operatorHealth({ version, lag, tasks }: OperatorHealthParts) {
  let failingTenants = 0;
  const stop = signals.fold.on((step) => {
    failingTenants = step.failingTenants;
  });
  const read = async (): Promise<OperatorHealth> => {
    const behind = await lag().catch(() => null);
    const now = tasks();
    const isDegraded =
      behind === null || failingTenants > 0 || now.some(({ consecutiveFailures }) => consecutiveFailures > 0);
    return {
      status: isDegraded ? 'degraded' : 'ok',
      version,
      uptimeSeconds: Math.round(process.uptime()),
      fold: behind && { lagCalls: behind.calls, lagSeconds: behind.seconds },
      failingTenants,
      recordingQueueCalls: recordingQueueCalls(),
      connections: poolUse(),
      tasks: now,
    };
  };
  return { read, stop };
}
