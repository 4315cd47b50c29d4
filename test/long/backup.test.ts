import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fold } from '../../src/rollup/fold.service.ts';
import { startKillablePostgres, type KillablePostgres } from '../support/postgres-server.ts';
import { startTestGateway, superuserKey, type TestGateway } from '../support/gateway.ts';
import { runOnServer, withDatabase } from '../support/server-sql.ts';

const project = resolve(import.meta.dirname, '../..');
const bin = process.env['TEST_POSTGRES_BIN'];
if (bin === undefined) throw new Error('TEST_POSTGRES_BIN must name the folder of a server with its pg_dump.');

/** The blocks of commands below a heading of docs/operating.md, as an operator would paste them. */
function commandsBelow(heading: string): string[] {
  const page = readFileSync(join(project, 'docs/operating.md'), 'utf8');
  const section = page.split(`\n## ${heading}\n`)[1]?.split(/\n## /)[0] ?? '';
  return section
    .split(/\n{2,}/)
    .filter((block) => block.split('\n').every((line) => line.startsWith('    ')))
    .map((block) => block.replaceAll(/^ {4}/gm, ''));
}

const report = `query {
  usage(tenantId: "acme", from: "2020-01-01T00:00:00Z", to: "2030-01-01T00:00:00Z", bucket: MONTH) {
    totals { totalCalls totalCostUsd callDurationMs { p95 } }
    buckets { ts stats { totalCalls totalCostUsd } }
    byAgent { agentId stats { totalCalls } }
  }
  calls(tenantId: "acme", first: 1000) { edges { node { requestId costUsd voidedAt } } }
  auditEvents(tenantId: "acme") { edges { node { action target at } } }
}`;

describe('backup and restore, by the commands of docs/operating.md', () => {
  let source: KillablePostgres;
  let target: KillablePostgres;
  let gateway: TestGateway | undefined;
  const folder = mkdtempSync(join(tmpdir(), 'ugt-'));

  beforeAll(async () => {
    [source, target] = await Promise.all([startKillablePostgres(), startKillablePostgres()]);
  });
  afterAll(async () => {
    await gateway?.close();
    await Promise.all([source?.stop(), target?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const paste = (commands: string, env: Record<string, string>) =>
    spawnSync('bash', ['-ec', commands], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, PATH: `${bin}:${process.env['PATH']}`, ...env },
    });

  const serve = (databaseUrl: string) =>
    startTestGateway('postgres', {
      database: { config: { databaseUrl, dataDir: '', databasePoolMax: 3 }, drop: async () => {} },
    });

  it('loses nothing, and the restored database is as good as the first', async () => {
    await runOnServer(
      source.url,
      `create role founder login createrole password 'of-a-test'`,
      'create database usage owner founder',
    );
    const founder = new URL(withDatabase(source.url, 'usage'));
    founder.username = 'founder';
    founder.password = 'of-a-test';
    gateway = await serve(founder.href);
    const inputs = Array.from(
      { length: 500 },
      (_, n) =>
        `{ tenantId: "acme", requestId: "r${n}", agentId: "a${n % 7}", userId: "${n % 5 === 0 ? 'ada' : 'ben'}", provider: "openai", model: "gpt-5", inputTokens: ${n}, outputTokens: 3, durationMs: ${n}, occurredAt: "2026-0${1 + (n % 4)}-15T12:00:00Z" }`,
    );
    const sent = await gateway.send(
      `mutation { recordUsageBatch(inputs: [${inputs.join()}]) { recorded } voidUsage(tenantId: "acme", requestId: "r7", reason: "Twice.") { requestId } }`,
    );
    expect(sent.errors).toEqual([]);
    while ((await fold(gateway.database.orm.em.fork(), 10_000)).more);
    // Some that the summaries lack.
    await gateway.send(
      'mutation { recordUsage(input: { tenantId: "acme", requestId: "last", inputTokens: 1, outputTokens: 1 }) { outcome } }',
    );
    const before = await gateway.send<object, object>(report);
    expect(before.errors).toEqual([]);

    const [dump = '', restore = '', check = ''] = commandsBelow('Backup and restore');
    // Row level security hides rows even from the owner, and pg_dump refuses to leave them out.
    const byOwner = paste(dump, { DATABASE_URL: founder.href });
    expect(byOwner.status).not.toBe(0);
    expect(byOwner.stderr).toContain('row-level security');
    const byBackup = paste(dump, { DATABASE_URL: withDatabase(source.url, 'usage') });
    expect(byBackup).toMatchObject({ status: 0, stderr: '' });

    const restored = withDatabase(target.url, 'usage');
    const env = { SERVER_URL: target.url, DATABASE_URL: restored, OWNER: 'founder' };
    expect(paste(restore, env)).toMatchObject({ status: 0, stderr: '' });
    const reconciled = paste(`cd '${project}'; ${check}`, env);
    expect(reconciled.stdout).toMatch(/\d+ summaries compared, 0 differ/);
    expect(reconciled.status).toBe(0);
    await gateway.close();

    gateway = await serve(restored);
    const after = await gateway.send<object, object>(report, {}, superuserKey);
    expect(after).toMatchObject({ errors: [], data: before.data });
    const again = await gateway.send<{ recordUsage: { outcome: string } }, object>(
      'mutation { recordUsage(input: { tenantId: "acme", requestId: "last", inputTokens: 1, outputTokens: 1 }) { outcome } }',
    );
    expect(again.data.recordUsage.outcome).toBe('DUPLICATE');
    // What only functions of the owner may do.
    const erase =
      'mutation { eraseUser(tenantId: "acme", userId: "ada", reason: "Asked for.", dryRun: false) { calls } }';
    const erased = await gateway.send<{ eraseUser: { calls: number } }, object>(erase);
    expect(erased).toMatchObject({ errors: [], data: { eraseUser: { calls: 500 / 5 } } });
  }, 180_000);
});
