import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../../src/settings/config.ts';
import { describedSettings, settingsMarkdown } from '../../src/settings/settings-page.ts';

function problemsOf(env: Record<string, string | undefined>): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const pemOf = ({ publicKey }: { publicKey: KeyObject }) => String(publicKey.export({ type: 'spki', format: 'pem' }));

const defaults = {
  host: '127.0.0.1',
  port: 4000,
  databaseUrl: undefined,
  dataDir: resolve('data'),
  superuserKey: undefined,
  environment: 'development',
  logLevel: 'info',
  introspection: true,
  databasePoolMax: 10,
  corsOrigins: [],
  jwt: undefined,
};

const unusable = {
  HOST: '',
  PORT: '65536',
  DATABASE_URL: 'mysql://localhost/usage',
  SUPERUSER_KEY: 'too short',
  NODE_ENV: 'staging',
  LOG_LEVEL: 'loud',
  CORS_ORIGINS: 'https://app.example.com/path',
  INTROSPECTION: 'maybe',
  DATABASE_POOL_MAX: '1',
  JWT_JWKS_URL: 'login.example.com/keys',
  JWT_CLOCK_TOLERANCE_SECONDS: '301',
  JWT_ISSUER: '',
  JWT_AUDIENCE: '',
  NOTIFICATION_RETRY_SECONDS: '5,soon',
  NOTIFICATION_TRY_SECONDS: '61',
  NOTIFICATION_HTTP: 'maybe',
  NOTIFICATION_NETWORKS: '10.1.0.0',
};

describe('settings', () => {
  it('have defaults', () => {
    expect(loadConfig({})).toMatchObject(defaults);
  });

  it('count as left out when empty', () => {
    const empty = Object.fromEntries(Object.keys({ ...unusable, DATA_DIR: '' }).map((name) => [name, '']));
    expect(loadConfig(empty)).toEqual(loadConfig({}));
  });

  it('are read from their variables', () => {
    const config = loadConfig({
      HOST: '0.0.0.0',
      PORT: '8080',
      DATABASE_URL: 'postgresql://user:p%40ss@db.example.com:5432/usage',
      DATA_DIR: '/var/lib/usage-gateway',
      SUPERUSER_KEY: 'k'.repeat(32),
      NODE_ENV: 'production',
      LOG_LEVEL: 'warn',
      CORS_ORIGINS: 'https://app.example.com, http://localhost:3000',
      DATABASE_POOL_MAX: '50',
      NOTIFICATION_RETRY_SECONDS: '1, 2.5',
      NOTIFICATION_NETWORKS: '10.1.0.0/16, fd00::/8',
    });
    expect(config).toMatchObject({
      host: '0.0.0.0',
      port: 8080,
      databaseUrl: 'postgresql://user:p%40ss@db.example.com:5432/usage',
      dataDir: '/var/lib/usage-gateway',
      superuserKey: 'k'.repeat(32),
      environment: 'production',
      logLevel: 'warn',
      corsOrigins: ['https://app.example.com', 'http://localhost:3000'],
      databasePoolMax: 50,
      notifications: { retriesMs: [1000, 2500], networks: ['10.1.0.0/16', 'fd00::/8'] },
    });
  });

  it('close introspection in production unless it is opened', () => {
    expect(loadConfig({ NODE_ENV: 'production' }).introspection).toBe(false);
    expect(loadConfig({ NODE_ENV: 'production', INTROSPECTION: 'open' }).introspection).toBe(true);
    expect(loadConfig({ INTROSPECTION: 'closed' }).introspection).toBe(false);
  });
});

describe('unusable settings', () => {
  it('are all told at once, by name', () => {
    const problems = problemsOf(unusable);
    const named = new Set(problems.map((problem) => problem.split(' ')[0]));
    expect([...named].sort()).toEqual(
      Object.keys(unusable)
        .filter((name) => name !== 'HOST')
        .sort(),
    );
    expect(() => loadConfig(unusable)).toThrow(new RegExp([...named].join('[^]*')));
  });

  it.each(['-1', '1.5', '0x50', ' 80', '1e3', '65536', 'http'])('include the port %j', (port) => {
    expect(problemsOf({ PORT: port })).toEqual(['PORT must be a whole number from 0 to 65535']);
  });

  it('do not show the superuser key', () => {
    expect(problemsOf({ SUPERUSER_KEY: 'hunter2' }).join()).not.toContain('hunter2');
    expect(problemsOf({ SUPERUSER_KEY: `${'k'.repeat(32)} hunter2` }).join()).not.toContain('hunter2');
  });

  it('do not show the database password', () => {
    expect(problemsOf({ DATABASE_URL: 'mysql://user:hunter2@localhost/usage' }).join()).not.toContain('hunter2');
  });
});

describe('settings of tokens', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = String(rsa.publicKey.export({ type: 'spki', format: 'pem' }));
  const url = 'https://login.example.com/.well-known/jwks.json';
  const checks = { JWT_ISSUER: 'https://login.example.com/', JWT_AUDIENCE: 'usage' };
  const unreadable = expect.stringMatching(/^JWT_PUBLIC_KEY must be a public key/);

  it('name where the keys are, or the key', () => {
    const common = { issuer: 'https://login.example.com/', audience: 'usage', clockToleranceSeconds: 30 };
    expect(loadConfig({ ...checks, JWT_JWKS_URL: url }).jwt).toEqual({ ...common, keys: { url: new URL(url) } });
    const { jwt } = loadConfig({ ...checks, JWT_PUBLIC_KEY: pem, JWT_CLOCK_TOLERANCE_SECONDS: '0' });
    const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
    expect(jwt).toMatchObject({ ...common, clockToleranceSeconds: 0, keys: { algorithms } });
  });

  it('take only the algorithm that a JWK is for', () => {
    const jwk = JSON.stringify({ ...rsa.publicKey.export({ format: 'jwk' }), alg: 'PS384' });
    const { jwt } = loadConfig({ ...checks, JWT_PUBLIC_KEY: jwk });
    expect(jwt).toMatchObject({ keys: { algorithms: ['PS384'] } });
  });

  it('are told to be incomplete, each by name', () => {
    expect(problemsOf({ JWT_JWKS_URL: url })).toEqual([
      'JWT_ISSUER is required with JWT_JWKS_URL',
      'JWT_AUDIENCE is required with JWT_JWKS_URL',
    ]);
    expect(problemsOf({ JWT_PUBLIC_KEY: pem, JWT_ISSUER: 'i' })).toEqual([
      'JWT_AUDIENCE is required with JWT_PUBLIC_KEY',
    ]);
    expect(problemsOf(checks)).toEqual([
      'JWT_ISSUER has no effect without JWT_JWKS_URL or JWT_PUBLIC_KEY',
      'JWT_AUDIENCE has no effect without JWT_JWKS_URL or JWT_PUBLIC_KEY',
    ]);
  });

  it('name one source of keys', () => {
    expect(problemsOf({ ...checks, JWT_JWKS_URL: url, JWT_PUBLIC_KEY: pem })).toEqual([
      'JWT_PUBLIC_KEY cannot be used together with JWT_JWKS_URL',
    ]);
  });

  it.each(['login.example.com', 'ftp://login.example.com/keys', 'https://user:hunter2@login.example.com/keys'])(
    'refuse the address %s',
    (JWT_JWKS_URL) => {
      expect(problemsOf({ ...checks, JWT_JWKS_URL })).toEqual([
        'JWT_JWKS_URL must be an http or https URL without user and password',
      ]);
    },
  );

  it.each<[string, string]>([
    ['no key', 'hunter2'],
    ['half a key', pem.slice(0, 100)],
    ['a private key', String(rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }))],
    ['a private JWK', JSON.stringify(rsa.privateKey.export({ format: 'jwk' }))],
    ['a shared secret', JSON.stringify({ kty: 'oct', k: 'c2VjcmV0' })],
    ['a JWK for a shared secret', JSON.stringify({ ...rsa.publicKey.export({ format: 'jwk' }), alg: 'HS256' })],
    ['a short key', pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 }))],
    ['a curve of no algorithm', pemOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }))],
    ['a key that signs nothing', pemOf(generateKeyPairSync('x25519'))],
  ])('refuse %s, and do not show it', (_what, JWT_PUBLIC_KEY) => {
    const problems = problemsOf({ ...checks, JWT_PUBLIC_KEY });
    expect(problems).toEqual([unreadable]);
    expect(problems.join()).not.toContain(JWT_PUBLIC_KEY);
  });
});

describe('secrets in files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ugt-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const fileOf = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const key = 'k'.repeat(32);

  it.each([['\n'], ['\r\n'], ['']])('are read without the line end %j at their end', (lineEnd) => {
    const config = loadConfig({
      SUPERUSER_KEY_FILE: fileOf('key', key + lineEnd),
      DATABASE_URL_FILE: fileOf('url', `postgres://user:p@db.example.com/usage${lineEnd}`),
      METRICS_PORT: '9464',
      METRICS_KEY_FILE: fileOf('metrics', `operators-only-${lineEnd === '' ? 'x' : 'y'}${lineEnd}`),
    });
    expect(config).toMatchObject({
      superuserKey: key,
      databaseUrl: 'postgres://user:p@db.example.com/usage',
      metrics: { key: `operators-only-${lineEnd === '' ? 'x' : 'y'}` },
    });
  });

  it('are refused beside the setting itself', () => {
    expect(problemsOf({ SUPERUSER_KEY: key, SUPERUSER_KEY_FILE: fileOf('key', key) })).toEqual([
      'SUPERUSER_KEY_FILE cannot be used together with SUPERUSER_KEY',
    ]);
  });

  it('are named when they cannot be read, are empty or hold what the setting refuses', () => {
    const missing = join(folder, 'missing');
    expect(problemsOf({ SUPERUSER_KEY_FILE: missing, DATABASE_URL_FILE: fileOf('empty', '\n') })).toEqual([
      `DATABASE_URL_FILE: the file ${join(folder, 'empty')} is empty`,
      expect.stringMatching(/^SUPERUSER_KEY_FILE: the file .*missing cannot be read: ENOENT/),
    ]);
    const problems = problemsOf({ SUPERUSER_KEY_FILE: fileOf('short', 'hunter2') });
    expect(problems).toEqual(['SUPERUSER_KEY must have at least 32 characters']);
  });
});

describe('settings for operators', () => {
  it('serve no metrics unless a port is given, and then on loopback', () => {
    expect(loadConfig({}).metrics).toBeUndefined();
    expect(loadConfig({ METRICS_PORT: '9464' }).metrics).toEqual({ host: '127.0.0.1', port: 9464, key: undefined });
    expect(problemsOf({ METRICS_HOST: '0.0.0.0', METRICS_KEY: 'k'.repeat(16) })).toEqual([
      'METRICS_HOST has no effect without METRICS_PORT',
      'METRICS_KEY has no effect without METRICS_PORT',
    ]);
  });

  it.each(['2', '-0.1', '1.5', '.5', 'all'])('include the share %j of requests', (share) => {
    expect(problemsOf({ REQUEST_LOG_SAMPLE: share })).toEqual(['REQUEST_LOG_SAMPLE must be a number from 0 to 1']);
  });

  it('trace when a collector is named, unless that is turned off', () => {
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };
    expect(loadConfig({ OTEL_SERVICE_NAME: 'x' }).tracing).toBeUndefined();
    expect(loadConfig(endpoint).tracing).toMatchObject({ protocol: 'http/protobuf', sampler: 'parentbased_always_on' });
    expect(loadConfig({ ...endpoint, OTEL_SDK_DISABLED: 'true' }).tracing).toBeUndefined();
    expect(loadConfig({ ...endpoint, OTEL_TRACES_EXPORTER: 'none' }).tracing).toBeUndefined();
    expect(problemsOf({ ...endpoint, OTEL_TRACES_SAMPLER: 'some' })[0]).toMatch(/^OTEL_TRACES_SAMPLER must be one of/);
  });

  it('are all described, each with its default', () => {
    const settings = describedSettings();
    expect(settings.filter(({ meaning }) => !/^[A-Z`].*\.$/s.test(meaning))).toEqual([]);
    expect(settings.find(({ name }) => name === 'PORT')?.default).toBe('4000');
    expect(settings.find(({ name }) => name === 'CORS_ORIGINS')?.default).toBeUndefined();
    expect(settingsMarkdown().split('\n')).toHaveLength(settings.length + 2);
  });

  it('knows no limit of a rate that is unlimited', () => {
    const { rateLimits } = loadConfig({ RATE_LIMIT_KEY_REQUESTS: 'unlimited', RATE_LIMIT_TENANT_CALLS: '7' });
    expect(rateLimits.key).toEqual({ callsPerSecond: 5000, requestsPerSecond: undefined });
    expect(rateLimits.tenant.callsPerSecond).toBe(7);
  });
});
