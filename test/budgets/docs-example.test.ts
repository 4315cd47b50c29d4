import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { CreateApiKey, CreateTenant } from '../acceptance/operations.ts';
import { startTestGateway } from '../support/gateway.ts';

const page = readFileSync(new URL('../../docs/budgets.md', import.meta.url), 'utf8');
const commands = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block]) => block).join('\n');

it('the commands of docs/budgets.md answer what the page says', { timeout: 60_000 }, async () => {
  const gateway = await startTestGateway('embedded', { clock: () => new Date('2026-04-15T12:00:00Z') });
  onTestFinished(() => gateway.close());
  await gateway.ask(CreateTenant, { input: { id: 'acme', name: 'Acme' } });
  const { createApiKey } = await gateway.ask(CreateApiKey, {
    tenantId: 'acme',
    input: { name: 'admin', role: 'TENANT_ADMIN' },
  });
  const env = { ...process.env, URL: gateway.url, KEY: createApiKey.secret };
  const { stdout } = await promisify(execFile)('sh', ['-ec', commands], { env });
  const [created, reserved, recorded, standing, again, released, refused] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(reserved.data.reserveUsage).toEqual({
    status: 'HELD',
    heldUsd: '0.00258',
    expiresAt: '2026-04-15T12:01:00.000Z',
  });
  expect(recorded.data.recordUsage).toEqual({ outcome: 'RECORDED' });
  const spent = { value: 'ann', spent: '0.00030525', reserved: '0', limit: '5', status: 'OK' };
  expect(standing.data.budgets.edges[0].node.states.edges).toEqual([
    { node: { ...spent, resetsAt: '2026-04-16T00:00:00.000Z' } },
  ]);
  expect([again.data, released.data]).toEqual([{ reserveUsage: { status: 'HELD' } }, { releaseReservation: true }]);
  const shown = JSON.parse(/^```json\n([^]*?)^```$/m.exec(page)?.[1] ?? '');
  expect(refused.errors[0].extensions).toEqual({ ...shown, budgetId: created.data.createBudget.id });
});
