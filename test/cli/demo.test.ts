import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { demoTenants } from '../../src/cli/demo-calls.ts';
import { startCli } from './gateway-process.ts';

const tenants = `
Tenants:
  acme: Acme Support, Europe/Berlin, agents support-bot, summariser, search
  globex: Globex Research, America/New_York, agents analyst, coder
  initech: Initech Back Office, Asia/Kathmandu, agents invoices
`;

async function startDemo(folder: string) {
  const demo = startCli(['demo'], { PORT: '0', DATA_DIR: folder, LOG_LEVEL: 'warn' });
  onTestFinished(() => demo.kill('SIGKILL'));
  const [, url = ''] = await demo.waitFor(/^GraphiQL, in a browser: (\S+)\n[^]*agents invoices\n/m);
  const { stdout, stderr } = demo.output();
  const key = /^ {2}(demo_\S+)$/m.exec(stdout)?.[1];
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: '{"query":"{ allUsage { tenants { edges { node { tenant { id } stats { totalCalls } } } } } }"}',
  });
  const { data }: { data: { allUsage: { tenants: { edges: Edge[] } } } } = JSON.parse(await response.text());
  demo.kill('SIGTERM');
  expect(await demo.ended).toMatchObject({ code: 0 });
  const stored = data.allUsage.tenants.edges.map(({ node }) => [node.tenant.id, node.stats.totalCalls] as const);
  return { stdout, stderr, stored: new Map(stored) };
}

interface Edge {
  node: { tenant: { id: string }; stats: { totalCalls: number } };
}

it('tells what usage-gateway demo prepares, and names its tenants', { timeout: 180_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'demo-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const first = await startDemo(folder);
  expect(first.stdout).toContain(tenants);
  expect(first.stderr).toMatch(/^Preparing demo data in \S+: tenants acme, globex, initech\nacme: created\n/);
  for (const { id } of demoTenants) {
    const count = new RegExp(`^${id}: recording ([\\d,]+) calls of the last six months$`, 'm').exec(first.stderr)?.[1];
    expect(first.stored.get(id)).toBe(Number(count?.replaceAll(',', '')));
  }
  expect(first.stderr.match(/^acme: .* of .*,\d{3}$/gm)?.[0]).toMatch(/^acme: 5,000 of \d\d,\d{3}$/);

  const second = await startDemo(folder);
  expect(second.stdout).toContain(tenants);
  expect(second.stderr).not.toContain('created');
  expect(second.stderr.match(/: recording \d+ calls since \d{4}-\d\d-\d\d, stored ones are skipped$/gm)).toHaveLength(
    3,
  );
});
