import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  createTestDatabase,
  databaseKinds,
  describeOnEachDatabase,
  unavailable,
  type TestDatabase,
} from '../support/databases.ts';
import { readParquet } from '../transfer/focus/read-parquet.ts';
import { runCli } from './gateway-process.ts';

const envOf = ({ config }: TestDatabase): Record<string, string> =>
  config.databaseUrl ? { DATABASE_URL: config.databaseUrl } : { DATA_DIR: config.dataDir };

const count = 3000;
const lines = Array.from({ length: count }, (_, no) =>
  JSON.stringify({
    requestId: `r-${no}`,
    occurredAt: new Date(Date.UTC(2026, 0, 1) + no * 1000).toISOString(),
    inputTokens: no,
    outputTokens: 1,
    ...(no % 2 ? { provider: 'openai', model: 'gpt-4o' } : { userId: ' "ü",\u2028' }),
    ...(no % 3 ? { metadata: { no, text: '😀\n"' } } : {}),
  }),
);

describeOnEachDatabase('usage-gateway export', (kind) => {
  let folder: string;
  let database: TestDatabase;
  let env: Record<string, string>;
  const path = (name: string) => join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'export-'));
    database = await createTestDatabase(kind);
    env = envOf(database);
    await writeFile(path('calls.ndjson'), lines.join('\n'));
    expect(await runCli(['import', path('calls.ndjson'), '--tenant', 'acme'], env)).toMatchObject({ code: 0 });
  });
  afterAll(async () => {
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  it('writes to standard output, and what it did to standard error', async () => {
    const { code, stdout, stderr } = await runCli(['export', '--tenant', 'acme'], env);
    expect(code).toBe(0);
    expect(stdout.split('\n')).toHaveLength(count + 2);
    expect(stderr).toMatch(/^exported 3,000 calls in \d+\.\d s\n$/);
  });

  it('writes what all tenants cost in the form of FOCUS, as CSV and as Parquet', async () => {
    const csv = await runCli(['export', '--format', 'focus'], env);
    expect(csv.stderr).toMatch(/^exported \d+ charges of 1 tenants? in \d+\.\d s\n$/);
    expect(csv.stdout).toMatch(/^BilledCost,BillingAccountId,.*x_Model\n/);
    const parquet = await runCli(
      ['export', '--format', 'focus', '--tenant', 'acme', '--file', path('focus.parquet')],
      env,
    );
    expect(parquet).toMatchObject({ code: 0, stdout: '' });
    const { rows } = await readParquet(await readFile(path('focus.parquet')));
    const requests = rows.filter((row) => row['x_Meter'] === 'requests').map((row) => Number(row['PricingQuantity']));
    expect(requests.reduce((sum, number) => sum + number)).toBe(count);
    expect(await runCli(['export'], env)).toMatchObject({
      code: 1,
      stderr: '--tenant: name the tenant whose calls are written\n',
    });
  });

  it('keeps to window and filters', async () => {
    const args = ['--from', '2026-01-01T00:00:10Z', '--to', '2026-01-01T01:00:20+01:00', '--format', 'ndjson'];
    const { stdout } = await runCli(['export', '--tenant', 'acme', ...args, '--filter', 'model=gpt-4o'], env);
    const keys = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).requestId);
    expect(keys).toEqual(['r-11', 'r-13', 'r-15', 'r-17', 'r-19']);
  });

  it('moves a ledger to another database, packed, without loss', { timeout: 120_000 }, async () => {
    const file = path('moved.csv.gz');
    expect(await runCli(['export', '--tenant', 'acme', '--output', file], env)).toMatchObject({ code: 0, stdout: '' });
    // To a database of the other kind, where there is one.
    const other = databaseKinds.find((one) => one !== kind && !unavailable(one)) ?? kind;
    const target = await createTestDatabase(other);
    try {
      const moved = await runCli(['import', file, '--tenant', 'acme'], envOf(target));
      expect(moved).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^recorded 3,000, duplicates 0, rejected 0/),
      });
      const again = await runCli(['export', '--tenant', 'acme'], envOf(target));
      expect(again.stdout).toBe(gunzipSync(await readFile(file)).toString());
    } finally {
      await target.drop();
    }
    const back = await runCli(['import', file, '--tenant', 'acme'], env);
    expect(back).toMatchObject({ code: 0, stdout: expect.stringMatching(/^recorded 0, duplicates 3,000, rejected 0/) });
  });

  it('ends quietly when its reader has enough', async () => {
    const cli = resolve(import.meta.dirname, '../../src/cli.ts');
    const shell = `"${process.execPath}" "${cli}" export --tenant acme | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const child = spawn('bash', ['--norc', '-c', shell], { env: { PATH: process.env['PATH'], ...env } });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    expect(stdout).toMatch(/^requestId,[^\n]*\n0\n$/);
    expect(stderr).toBe('');
  });

  it('ends with 1 when what it writes to is full', async () => {
    const { code, stderr } = await runCli(
      ['export', '--tenant', 'acme', '--format', 'csv', '--output', '/dev/full'],
      env,
    );
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'ENOSPC: no space left on device, write\n' });
  });

  it('ends with 1 and writes nothing for a tenant that is not there', async () => {
    const { code, stdout, stderr } = await runCli(['export', '--tenant', 'nobody', '--output', path('none.csv')], env);
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: "There is no tenant 'nobody'.\n" });
    expect((await readdir(folder)).filter((name) => name.startsWith('none'))).toEqual([]);
  });

  it('ends with 1, and opens no database, when an option cannot be used', async () => {
    const dataDir = path('no-data');
    const bad = ['--from', 'today', '--filter', 'colour=red', '--output', path('calls.txt')];
    const { code, stderr } = await runCli(['export', '--tenant', 'acme', ...bad], { DATA_DIR: dataDir });
    expect({ code, options: stderr.match(/^--\w+/gm) }).toEqual({
      code: 1,
      options: ['--from', '--filter', '--output'],
    });
    const nowhere = await runCli(['export', '--tenant', 'acme', '--output', path('no/a.csv')], { DATA_DIR: dataDir });
    expect(nowhere).toMatchObject({ code: 1, stderr: `--output: there is no folder ${path('no')}\n` });
    expect(existsSync(dataDir)).toBe(false);
  });
});
