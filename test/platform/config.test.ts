import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../../src/platform/config.ts';

function problemsOf(env: Record<string, string | undefined>): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

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
