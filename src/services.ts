import { FailedSignIns } from './admission/failed-sign-ins.ts';
import { RateLimits } from './admission/rate-limits.ts';
import { createReportGate } from './reporting/report-gate.ts';
import { createAuthenticator, type Authenticator } from './access/authenticate.ts';
import { BackgroundRunner } from './background/background-runner.ts';
import type { RequestServices } from './caller/request-context.ts';
import type { Orm } from './database/orm.ts';
import { createRecordingQueue } from './recording/recording-queue.ts';
import { foldOptions, foldTask } from './rollup/fold.task.ts';
import type { Config } from './settings/config.ts';
import type { Logger } from './settings/log.ts';
import { signals } from './telemetry/signals.ts';
import { tenantDeletion } from './tenant-deletion.ts';
import type { Clock } from './values/clock.ts';

/** What the services of a gateway are made from. */
export interface ServiceParts {
  orm: Orm;
  clock: Clock;
  log: Logger;
  /** Whether the ledger is folded in the background. */
  folding: boolean;
}

/** What a gateway consists of, once for all its requests. */
export interface Services extends RequestServices {
  readonly clock: Clock;
  readonly log: Logger;
  readonly authenticator: Authenticator;
  readonly rateLimits: RateLimits;
  /** Not yet started. */
  readonly background: BackgroundRunner;
}

/** Makes everything that a gateway keeps for as long as it runs. Nothing of it runs yet. */
export async function createServices(config: Config, { orm, clock, log, folding }: ServiceParts): Promise<Services> {
  // Only where tokens are taken is the library worth its loading.
  const verifyToken = config.jwt && (await import('./access/token-verifier.ts')).tokenVerifier(config.jwt, clock, log);
  const tasks = folding ? [foldTask(orm, log, foldOptions(config))] : [];
  return {
    orm,
    clock,
    log,
    authenticator: createAuthenticator(
      orm,
      config.superuserKey,
      clock,
      new FailedSignIns(config.rateLimits.failedSignInsPerSecond),
      verifyToken,
    ),
    rateLimits: new RateLimits(config.rateLimits),
    recordingQueue: createRecordingQueue(orm, config),
    reportGate: createReportGate(config),
    reportLimits: config.reportLimits,
    tenantDeletion,
    background: new BackgroundRunner(tasks, { clock, log, onStep: (step) => signals.step.emit(step) }),
  };
}
