import { resolve } from 'node:path';
import { z } from 'zod';
import { oneOf, wholeNumber } from './parsers.ts';
import { liveLimits, liveLimitSettings, type LiveLimits } from './live-limits.ts';
import { reportLimits, reportLimitSettings, type ReportLimits } from './report-limits.ts';
import { requestLimits, requestLimitSettings, type RequestLimits } from './request-limits.ts';
import { rateLimitConfig, rateLimitSettings, type RateLimitConfig } from './rate-limits.ts';
import { notificationConfig, notificationSettings, type NotificationConfig } from './notification-settings.ts';
import { databaseLimits, databaseLimitSettings, type DatabaseLimits } from './database-limits.ts';
import { jwtConfig, jwtProblems, jwtSettings, type JwtConfig } from './jwt-config.ts';
import { retentionBounds } from './retention-bounds.ts';
import { signInConfig, signInProblems, signInSettings, type SignInConfig } from './sign-in-config.ts';
import { secretFileSettings, withSecretsFromFiles } from './secret-files.ts';
import { telemetryConfig, telemetryProblems, telemetrySettings, type TelemetryConfig } from './telemetry-config.ts';
import { tracingConfig, tracingSettings, type TracingConfig } from './tracing-config.ts';

export const minSuperuserKeyLength = 32;

export interface Config extends TelemetryConfig {
  host: string;
  port: number;
  /** Without it the gateway uses the embedded database in `dataDir`. */
  databaseUrl: string | undefined;
  dataDir: string;
  superuserKey: string | undefined;
  environment: 'development' | 'production' | 'test';
  logLevel: string;
  /** Origins that browsers may call from; none unless configured. */
  corsOrigins: string[];
  /** Header in which the proxy in front puts the client's address last; without it that of the connection counts. */
  clientAddressHeader: string | undefined;
  /** Whether introspection and GraphiQL are open to anonymous callers. */
  introspection: boolean;
  /** Connections to PostgreSQL; the embedded database has one. */
  databasePoolMax: number;
  /** What stands before PostgreSQL: nothing that shows, or a pooler that gives each transaction another connection. */
  databasePooler: 'none' | 'transaction';
  /** Calls that may wait to be stored, of which one tenant alone fills half. Beyond them callers get OVERLOADED. */
  recordingQueueMax: number;
  /** Days that calls stay in the ledger, of tenants without a number of their own; undefined for ever. */
  retentionDays: number | undefined;
  /** How long the gateway waits for its PostgreSQL server while it serves. */
  databaseLimits: DatabaseLimits;
  /** How long requests go on after SIGTERM. */
  drainMs: number;
  /** Bounds on what a request may bring along. */
  requestLimits: RequestLimits;
  /** Bounds on what a request may ask for. */
  reportLimits: ReportLimits;
  /** Bounds on subscriptions. */
  liveLimits: LiveLimits;
  /** Calls that would wait longer to be stored, or did, get OVERLOADED. */
  recordingWaitMs: number;
  /** How many requests and calls a second pass. */
  rateLimits: RateLimitConfig;
  /** How notifications are sent. */
  notifications: NotificationConfig;
  /** How tokens of portal users are checked; without it only API keys are accepted. */
  jwt: JwtConfig | undefined;
  /** How people sign in to the dashboard; without it only API keys are taken there. */
  signIn: SignInConfig | undefined;
  /** How traces are made and sent; without it nothing is traced. */
  tracing: TracingConfig | undefined;
}

/** All problems of the settings at once, each naming its variable. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The settings cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const isPostgresUrl = (text: string) => URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol);

const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text;

/** Every setting, with its meaning in `describe`: docs/settings.md is generated from them. */
export const environment = z.object({
  HOST: z.string().default('127.0.0.1').describe('Address that the gateway listens on.'),
  PORT: wholeNumber(0, 65_535)
    .default(4000)
    .describe(
      'Port that the gateway listens on, for `/graphql`, `/health/live` and `/health/ready`; 0 for any free one.',
    ),
  DATABASE_URL: z
    .string()
    .refine(isPostgresUrl, 'must be a URL like postgres://user:password@host:5432/database')
    .optional()
    .describe('PostgreSQL 15 or later, as a URL; without it the embedded database is used.'),
  DATA_DIR: z.string().default('./data').describe('Folder of the embedded database.'),
  SUPERUSER_KEY: z
    .string()
    .min(minSuperuserKeyLength, `must have at least ${minSuperuserKeyLength} characters`)
    .regex(/^[\x21-\x7e]*$/, 'must be printable ASCII without blanks, since it is sent in a header')
    .optional()
    .describe(
      `A superuser's API key of ${minSuperuserKeyLength} characters or more, valid as long as it is set. Without it the first start creates and prints a key, but not in production.`,
    ),
  NODE_ENV: oneOf(['development', 'production', 'test'])
    .default('development')
    .describe(
      '`production` closes introspection and GraphiQL to anonymous callers, logs JSON lines and prints no key.',
    ),
  LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`.'),
  CORS_ORIGINS: z
    .string()
    .transform((text) => text.split(',').map((origin) => origin.trim()))
    .refine((origins) => origins.every(isOrigin), 'must be origins like https://app.example.com, separated by commas')
    .default([])
    .describe('Origins that browsers may call from, separated by commas.'),
  CLIENT_ADDRESS_HEADER: z
    .string()
    .regex(/^[a-z0-9-]+$/i, 'must be the name of a header, like X-Forwarded-For')
    .optional()
    .describe(
      "Header in which the proxy in front names the client's address, such as `X-Forwarded-For`; the last address in it counts. Without it the address of the connection counts. Only where nobody can get past the proxy.",
    ),
  INTROSPECTION: oneOf(['open', 'closed'])
    .optional()
    .describe(
      '`open` or `closed`: introspection and GraphiQL for anonymous callers. By default closed in production and open elsewhere.',
    ),
  DATABASE_POOL_MAX: wholeNumber(2, 1000)
    .default(10)
    .describe('Connections to PostgreSQL of one gateway; the embedded database has one.'),
  DATABASE_POOLER: oneOf(['none', 'transaction'])
    .default('none')
    .describe(
      '`transaction` behind a pooler such as PgBouncer in transaction mode: nothing is kept on a connection, and what the gateway needs is set for its user once (docs/operating.md says how). `none` without one, or with one in session mode.',
    ),
  RECORDING_QUEUE_MAX: wholeNumber(1, 1_000_000)
    .default(20_000)
    .describe(
      'Calls that may wait to be stored. A tenant may have as many as room is left, so that one alone fills half; beyond them callers get OVERLOADED.',
    ),
  RECORDING_WAIT_MS: wholeNumber(100, 600_000)
    .default(5000)
    .describe('Milliseconds that calls wait to be stored; those that would wait longer get OVERLOADED at once.'),
  RETENTION_DAYS: wholeNumber(retentionBounds.least, retentionBounds.most)
    .optional()
    .describe(
      'Days that calls stay in the ledger, of tenants without a number of their own; older ones leave it by whole months of UTC, and their summaries stay (docs/retention.md). Without it they stay for ever.',
    ),
  ...databaseLimitSettings,
  ...requestLimitSettings,
  ...reportLimitSettings,
  ...liveLimitSettings,
  ...rateLimitSettings,
  ...notificationSettings,
  ...jwtSettings,
  JWT_CLOCK_TOLERANCE_SECONDS: wholeNumber(0, 300)
    .default(30)
    .describe("Seconds that the token issuer's clock may differ."),
  ...signInSettings,
  ...telemetrySettings,
  ...tracingSettings,
  ...secretFileSettings,
});

/**
 * Reads the settings from an environment. An empty variable counts as not set.
 * @throws {ConfigError} naming every variable that cannot be used.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const { given, problems: fileProblems } = withSecretsFromFiles(
    Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== '')),
  );
  const result = environment.safeParse(given);
  const issues = result.error?.issues ?? [];
  const problems = [
    ...issues.map((issue) => `${issue.path.join('.')} ${issue.message}`),
    ...fileProblems,
    ...jwtProblems(given),
    ...signInProblems(given),
    ...telemetryProblems(given),
  ];
  if (!result.success || problems.length > 0) throw new ConfigError(problems);
  const settings = result.data;
  const jwt = jwtConfig(settings, settings.JWT_CLOCK_TOLERANCE_SECONDS);
  return {
    host: settings.HOST,
    port: settings.PORT,
    databaseUrl: settings.DATABASE_URL,
    dataDir: resolve(settings.DATA_DIR),
    superuserKey: settings.SUPERUSER_KEY,
    environment: settings.NODE_ENV,
    logLevel: settings.LOG_LEVEL,
    corsOrigins: settings.CORS_ORIGINS,
    clientAddressHeader: settings.CLIENT_ADDRESS_HEADER,
    introspection: settings.INTROSPECTION ? settings.INTROSPECTION === 'open' : settings.NODE_ENV !== 'production',
    databasePoolMax: settings.DATABASE_POOL_MAX,
    databasePooler: settings.DATABASE_POOLER,
    recordingQueueMax: settings.RECORDING_QUEUE_MAX,
    retentionDays: settings.RETENTION_DAYS,
    databaseLimits: databaseLimits(settings),
    drainMs: settings.DRAIN_SECONDS * 1000,
    requestLimits: requestLimits(settings),
    reportLimits: reportLimits(settings, settings.DATABASE_URL !== undefined),
    liveLimits: liveLimits(settings),
    recordingWaitMs: settings.RECORDING_WAIT_MS,
    rateLimits: rateLimitConfig(settings),
    notifications: notificationConfig(settings),
    jwt,
    signIn: signInConfig(settings, jwt),
    tracing: tracingConfig(settings),
    ...telemetryConfig(settings),
  };
}
