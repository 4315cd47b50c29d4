import { FailedSignIns } from './admission/failed-sign-ins.ts';
import { RateLimits } from './admission/rate-limits.ts';
import { retentionOptions, retentionTask } from './retention/retention.task.ts';
import { createReportGate } from './reporting/report-gate.ts';
import { createAuthenticator, type Authenticator } from './access/authenticate.ts';
import { clockTask } from './background/clock.task.ts';
import { BackgroundRunner } from './background/background-runner.ts';
import type { RequestServices } from './caller/request-context.ts';
import { DatabaseClock, readDatabaseClock } from './database/database-clock.ts';
import type { Orm } from './database/orm.ts';
import { forkForPlatform } from './database/session.ts';
import type { Task } from './background/task.ts';
import { forgetSpansTask } from './ingest/traces/forget-spans.task.ts';
import { forgetHoursTask } from './limits/forget-hours.task.ts';
import { Live } from './live/live.ts';
import { createRecordingQueue } from './recording/recording-queue.ts';
import { createStore } from './recording/store-calls.ts';
import { foldOptions, foldTask } from './rollup/fold.task.ts';
import type { Config } from './settings/config.ts';
import type { Logger } from './settings/log.ts';
import { signals } from './telemetry/signals.ts';
import { tenantBudgets } from './budgets/tenant-budgets.ts';
import { withStatementZones } from './statements/tenant-clock.ts';
import { erasureOfPeople } from './erasure-of-people.ts';
import { forgetDeliveriesTask } from './notifications/forget-deliveries.task.ts';
import { ReceiverAddresses } from './notifications/receiver-address.ts';
import { RefusedRecordings } from './notifications/refused-recordings.ts';
import { sendTask } from './notifications/send.task.ts';
import { watchTask } from './notifications/watch.task.ts';
import { tenantDeletion } from './tenant-deletion.ts';
import type { Clock } from './values/clock.ts';

/** What the services of a gateway are made from. */
export interface ServiceParts {
  orm: Orm;
  /** Decides about time; the database's clock unless given. */
  clock: Clock | undefined;
  machineClock: Clock;
  log: Logger;
  /** Whether the ledger is folded in the background. */
  folding: boolean;
  /** Whether notifications are sent in the background. */
  notifying: boolean;
}

/** What a gateway consists of, once for all its requests. */
export interface Services extends RequestServices {
  /** Decides about time. */
  readonly clock: Clock;
  /** By how many milliseconds the machine's clock is ahead of the database's. */
  readonly clockAheadMs: () => number;
  readonly log: Logger;
  readonly authenticator: Authenticator;
  readonly rateLimits: RateLimits;
  /** Not yet started. */
  readonly background: BackgroundRunner;
}

/** Makes everything that a gateway keeps for as long as it runs. Nothing of it runs yet. */
export async function createServices(config: Config, parts: ServiceParts): Promise<Services> {
  const { orm, log, folding, notifying } = parts;
  const { clock, clockAheadMs, tasks: clockTasks } = await createClock(config, parts);
  // Only where tokens are taken is the library worth its loading.
  const verifyToken = config.jwt && (await import('./access/token-verifier.ts')).tokenVerifier(config.jwt, clock, log);
  const refused = new RefusedRecordings(clock);
  const tasks = [
    ...clockTasks,
    ...(folding ? [foldTask(orm, log, foldOptions(config))] : []),
    forgetSpansTask(orm, clock),
    forgetHoursTask(orm, clock),
    ...(notifying ? notificationTasks(config, orm, clock, log, refused) : []),
    retentionTask(orm, clock, log, retentionOptions(config)),
  ];
  return {
    orm,
    clock,
    clockAheadMs,
    log,
    authenticator: createAuthenticator(
      orm,
      config.superuserKey,
      clock,
      new FailedSignIns(config.rateLimits.failedSignInsPerSecond),
      verifyToken,
    ),
    rateLimits: new RateLimits(config.rateLimits, undefined, refused.note),
    notifications: config.notifications,
    recordingQueue: createRecordingQueue(createStore(orm, clock), config),
    reportGate: createReportGate(config),
    reportLimits: config.reportLimits,
    live: new Live({ orm, clock, log, limits: config.liveLimits }),
    tenantDeletion,
    erasureOfPeople,
    tenantBudgets: withStatementZones(tenantBudgets),
    background: new BackgroundRunner(tasks, { clock, log, onStep: (step) => signals.step.emit(step) }),
  };
}

const notificationTasks = (
  { notifications: config }: Config,
  orm: Orm,
  clock: Clock,
  log: Logger,
  refused: RefusedRecordings,
): Task[] => [
  watchTask(orm, clock, refused),
  sendTask(orm, { clock, log, config, addresses: new ReceiverAddresses(config.networks) }),
  forgetDeliveriesTask(orm, clock),
];

/** The clock that decides about time, and what keeps it right. The embedded database's is that of the machine. */
async function createClock(
  { databaseUrl }: Pick<Config, 'databaseUrl'>,
  { orm, clock: given, machineClock: machine, log }: ServiceParts,
): Promise<Pick<Services, 'clock' | 'clockAheadMs'> & { tasks: Task[] }> {
  if (given || databaseUrl === undefined) return { clock: given ?? machine, clockAheadMs: () => 0, tasks: [] };
  const clock = await DatabaseClock.start({ read: () => readDatabaseClock(forkForPlatform({ orm })), machine });
  return { clock: clock.now, clockAheadMs: () => clock.machineAheadMs(), tasks: [clockTask(clock, log)] };
}
