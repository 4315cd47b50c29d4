import { spawn, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createEmptyTestDatabase, describeOnEachDatabase, type TestDatabase } from '../support/databases.ts';
import { runCli, startCli, type CliProcess } from './gateway-process.ts';

/** Each test starts several processes, one after another, which takes a while where others are busy. */
vi.setConfig({ testTimeout: 180_000 });

const running: CliProcess[] = [];
const databases: TestDatabase[] = [];

afterEach(async () => {
  for (const gateway of running) gateway.kill('SIGKILL');
  await Promise.all(running.map((gateway) => gateway.ended));
  running.length = 0;
  for (const database of databases.splice(0)) await database.drop();
});

const envOf = ({ config }: TestDatabase): Record<string, string> => ({
  PORT: '0',
  LOG_LEVEL: 'warn',
  ...(config.databaseUrl ? { DATABASE_URL: config.databaseUrl } : { DATA_DIR: config.dataDir }),
});

const serve = (env: Record<string, string>) => {
  const gateway = startCli(['serve'], env);
  running.push(gateway);
  return gateway;
};

const keyPattern = /^ {2}(ugk_first_\S+)$/m;
const ready = /GraphiQL, [^:]+: (\S+)/;

describeOnEachDatabase('usage-gateway serve', (kind) => {
  const newDatabase = async () => {
    const database = await createEmptyTestDatabase(kind);
    databases.push(database);
    return database;
  };

  it('starts on an empty database, shows the first key once, and prints lines that work when pasted', async () => {
    const env = envOf(await newDatabase());
    const first = serve(env);
    await first.waitFor(ready);
    const key = keyPattern.exec(first.output().stdout)?.[1];
    expect(key).toBeDefined();
    const curls = first.output().stdout.match(/^curl .*$/gm) ?? [];
    expect(curls).toHaveLength(2);
    const answers = curls.map((line) => JSON.parse(spawnSync('bash', ['-c', line], { encoding: 'utf8' }).stdout));
    expect(answers[0].data.recordUsage.outcome).toBe('RECORDED');
    expect(answers[1].data.usage.totals).toEqual({ totalCalls: 1, totalTokens: 1550, totalCostUsd: '0.00525' });
    first.kill('SIGTERM');
    expect(await first.ended).toMatchObject({ code: 0 });

    const second = serve(env);
    const url = (await second.waitFor(ready))[1] ?? '';
    expect(second.output().stdout).not.toMatch(/ugk_/);
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: '{"query":"{ usage(tenantId: \\"acme\\") { totals { totalCalls } } }"}',
    });
    expect(await response.json()).toEqual({ data: { usage: { totals: { totalCalls: 1 } } } });
    second.kill('SIGINT');
    expect(await second.ended).toMatchObject({ code: 0 });
    expect(first.output().stderr + second.output().stderr).not.toContain(key);
  });

  it('takes the first key from SUPERUSER_KEY and does not print it', async () => {
    const key = 'any string of mine!'.replaceAll(' ', '-').padEnd(32, '.');
    const gateway = serve({ ...envOf(await newDatabase()), SUPERUSER_KEY: key });
    const url = (await gateway.waitFor(ready))[1] ?? '';
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: '{"query":"{ viewer { role subject } }"}',
    });
    expect(await response.json()).toEqual({ data: { viewer: { role: 'SUPERUSER', subject: 'key:environment' } } });
    expect(gateway.output().stdout + gateway.output().stderr).not.toContain(key);
    expect(gateway.output().stdout).not.toMatch(/ugk_/);
  });

  it('shows no key in production, and says in the log how to make one as long as there is none', async () => {
    const env = { ...envOf(await newDatabase()), NODE_ENV: 'production' };
    const first = serve(env);
    await first.waitFor(ready);
    first.kill('SIGTERM');
    const { stdout, stderr } = await first.ended;
    expect(stdout + stderr).not.toMatch(/ugk_/);
    const warning = "No superuser's key exists. Make one with 'usage-gateway keys create";
    expect(stderr).toContain(warning);
    expect(first.output().stdout).toContain('GraphiQL, for whoever is signed in on the dashboard: ');

    const made = await runCli(['keys', 'create', '--name', 'Mine', '--role', 'SUPERUSER'], env);
    expect(made.stdout).toMatch(/^ugk_\S+\n$/);
    const second = serve(env);
    const url = (await second.waitFor(ready))[1] ?? '';
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${made.stdout.trim()}`, 'content-type': 'application/json' },
      body: '{"query":"{ viewer { role } }"}',
    });
    expect(await response.json()).toEqual({ data: { viewer: { role: 'SUPERUSER' } } });
    second.kill('SIGTERM');
    const again = await second.ended;
    expect(again.stderr).not.toContain(warning);
    expect(again.stdout + again.stderr).not.toMatch(/ugk_/);
  });

  it('makes keys on the command line', async () => {
    const env = envOf(await newDatabase());
    const made = await runCli(['keys', 'create', '--name', 'Mine', '--role', 'SUPERUSER'], env);
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ugk_[0-9a-f]{18}_\S+\n$/) });
    const refused = await runCli(['keys', 'create', '--name', 'K', '--tenant', 'nobody', '--scope', 'usage:read'], env);
    expect(refused).toMatchObject({ code: 1, stderr: "There is no tenant 'nobody'.\n" });
    const gateway = serve(env);
    const url = (await gateway.waitFor(ready))[1] ?? '';
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${made.stdout.trim()}`, 'content-type': 'application/json' },
      body: '{"query":"{ viewer { role } }"}',
    });
    expect(await response.json()).toEqual({ data: { viewer: { role: 'SUPERUSER' } } });
  });

  if (kind === 'postgres')
    it('brings five instances up that start together, with one first key and each migration once', async () => {
      const env = envOf(await newDatabase());
      const instances = Array.from({ length: 5 }, () => serve(env));
      await Promise.all(instances.map((instance) => instance.waitFor(ready)));
      expect(instances.filter((instance) => keyPattern.test(instance.output().stdout))).toHaveLength(1);
      const again = await runCli(['migrate'], env);
      expect(again).toMatchObject({ code: 0, stdout: 'Nothing to apply\n' });
    });
  else
    it('refuses a second process on the folder, naming the first', async () => {
      const env = envOf(await newDatabase());
      const first = serve(env);
      await first.waitFor(ready);
      const second = await runCli(['serve'], env);
      expect(second.code).toBe(1);
      expect(second.stderr).toMatch(/^\S+ is in use by process \d+ \(since \S+\)\. .*\n$/);
    });
});

describe('usage-gateway', () => {
  it('names every setting that it cannot use, in one message', async () => {
    const { code, stderr } = await runCli(['serve'], {
      PORT: 'http',
      DATABASE_URL: 'mysql://localhost/usage',
      SUPERUSER_KEY: 'short',
      NODE_ENV: 'staging',
      LOG_LEVEL: 'loud',
    });
    expect(code).toBe(1);
    for (const name of ['PORT', 'DATABASE_URL', 'SUPERUSER_KEY', 'NODE_ENV', 'LOG_LEVEL'])
      expect(stderr).toContain(name);
    expect(stderr).not.toMatch(/\bat .*\.ts/);
  });

  it('says which server it cannot reach, without the password', async () => {
    const { code, stderr } = await runCli(['serve'], { DATABASE_URL: 'postgres://me:s3cret@127.0.0.1:1/usage' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^DATABASE_URL: the PostgreSQL server at 127\.0\.0\.1:1\/usage cannot be used: /);
    expect(stderr).not.toContain('s3cret');
  });

  it('says that an address is taken, and leaves the database closed in order', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = address !== null && typeof address === 'object' ? String(address.port) : '';
    const database = await createEmptyTestDatabase('embedded');
    databases.push(database);
    const { code, stderr } = await runCli(['serve'], { ...envOf(database), PORT: port });
    other.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^HOST, PORT: cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/);
  });

  it('prints its version', async () => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await runCli(['--version'], {})).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('prints the schema', async () => {
    const { code, stdout } = await runCli(['print-schema'], {});
    expect(code).toBe(0);
    expect(stdout).toContain('type UsageReport {');
  });
});

describe('npm start', () => {
  it('ends the gateway when npm is told to end', async () => {
    const database = await createEmptyTestDatabase('embedded');
    databases.push(database);
    const npm = spawn('npm', ['start'], {
      cwd: resolve(import.meta.dirname, '../..'),
      env: { ...process.env, ...envOf(database), DRAIN_SECONDS: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(npm, 'close');
    let output = '';
    let url: string | undefined;
    for await (const text of npm.stdout) {
      output += String(text);
      url = ready.exec(output)?.[1];
      if (url !== undefined) break;
    }
    expect((await fetch(new URL('/health/live', url))).status).toBe(200);
    npm.kill('SIGTERM');
    await ended;
    await vi.waitFor(() => expect(fetch(new URL('/health/live', url))).rejects.toThrow('fetch failed'), 15_000);
  });
});
