import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripTypeScriptTypes } from 'node:module';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { parse, validate } from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { schema } from '../../src/schema.ts';
import { createTestDatabase, type TestDatabase } from '../support/databases.ts';
import { startTestGateway, superuserKey, type TestGateway } from '../support/gateway.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/frontend.md'), 'utf8');
const section = page.slice(page.indexOf('## Live'));
const code = (language: string) => new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(section)?.[1] ?? '';

interface Result {
  data?: { usageUpdates: { totals: { totalCalls: number } } };
}
type Follow = (
  url: string,
  asked: { key: string; query: string; variables?: object },
  signal: AbortSignal,
  onResult: (result: Result) => void,
  onChange?: (isConnected: boolean) => void,
) => Promise<void>;

let database: TestDatabase;
let gateway: TestGateway;
let member: string;
const kept = async () => ({ config: database.config, drop: async () => undefined });
beforeAll(async () => {
  database = await createTestDatabase('embedded');
  gateway = await startTestGateway('embedded', { database: await kept() });
  await gateway.send('mutation { createTenant(input: { id: "acme", name: "Acme" }) { id } }');
  const { data } = await gateway.send<{ createApiKey: { secret: string } }, object>(
    'mutation { createApiKey(tenantId: "acme", input: { name: "Key", role: TENANT_MEMBER }) { secret } }',
  );
  member = data.createApiKey.secret;
});
afterAll(async () => {
  await gateway?.close();
  await database?.drop();
});

const record = async () => {
  const { errors } = await gateway.send(
    'mutation { recordUsage(input: { tenantId: "acme", inputTokens: 1, outputTokens: 1 }) { outcome } }',
  );
  expect(errors).toEqual([]);
};

it('shows a command that reads a stream', async () => {
  const command = code('sh');
  const [, query = ''] = /"query":"([^"]*)"/.exec(command) ?? [];
  expect(validate(schema, parse(query))).toEqual([]);
  const shell = command.replaceAll('http://127.0.0.1:4000', gateway.url).replace('curl -N', 'curl -sN --max-time 3');
  const { stdout } = await promisify(execFile)('sh', ['-c', shell], { env: { ...process.env, KEY: member } }).catch(
    (error: { stdout: string }) => error,
  );
  expect(stdout).toContain('event: next\ndata: {"data":{"usageUpdates":{"totals":{"totalCalls":0,');
});

it('shows a reader that connects again', async () => {
  const module = stripTypeScriptTypes(code('ts'));
  const { follow }: { follow: Follow } = await import(`data:text/javascript,${encodeURIComponent(module)}`);
  const end = new AbortController();
  const changes: boolean[] = [];
  let calls = -1;
  const query = 'subscription { usageUpdates(tenantId: "acme", everyMs: 250) { totals { totalCalls } } }';
  const { port } = new URL(gateway.url);
  const following = follow(
    `${gateway.url}/graphql`,
    { key: superuserKey, query },
    end.signal,
    ({ data }) => (calls = data?.usageUpdates.totals.totalCalls ?? -1),
    (isConnected) => void changes.push(isConnected),
  );
  const patience = { timeout: 30_000 };
  await expect.poll(() => calls, patience).toBe(0);
  await record();
  await expect.poll(() => calls, patience).toBe(1);
  await gateway.close();
  await expect.poll(() => changes, patience).toEqual(expect.arrayContaining([true, false]));
  gateway = await startTestGateway('embedded', { database: await kept(), config: { port: Number(port) } });
  await record();
  await expect.poll(() => calls, patience).toBe(2);
  end.abort();
  await following;
  await expect(
    follow(`${gateway.url}/graphql`, { key: 'wrong', query }, new AbortController().signal, () => {}),
  ).rejects.toThrow('not valid');
});
