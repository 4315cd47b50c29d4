import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CreateApiKey, CreateTenant } from '../acceptance/operations.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { storedCalls } from './stored-calls.ts';

const page = readFileSync(resolve(import.meta.dirname, '../../docs/recording.md'), 'utf8');
const address = 'http://127.0.0.1:4000';

/** The example under a heading, as it stands in the page. */
function example(heading: string): string {
  const [, text = ''] = page.split(`### ${heading}\n`);
  return /```\w+\n([^]*?)```/.exec(text)?.[1] ?? '';
}

function runs(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const hasRequests = runs('python3', '-c', 'import requests');
const hasCurl = runs('curl', '--version') && runs('jq', '--version');

describe('the documented clients', () => {
  let gateway: TestGateway;
  let key: string;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'documented-'));
    gateway = await startTestGateway('embedded');
    await gateway.ask(CreateTenant, { input: { id: 'acme', name: 'Acme' } });
    const input = { name: 'writer', scopes: ['USAGE_WRITE' as const] };
    key = (await gateway.ask(CreateApiKey, { tenantId: 'acme', input })).createApiKey.secret;
  });
  afterAll(async () => {
    await gateway?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (command: string, args: string[]) =>
    promisify(execFile)(command, args, {
      cwd: folder,
      env: { PATH: process.env['PATH'], USAGE_GATEWAY_KEY: key },
    });

  it.skipIf(!hasRequests)(`record with Python${hasRequests ? '' : ' (left out: no requests here)'}`, async () => {
    writeFileSync(join(folder, 'record.py'), example('Python').replaceAll(address, gateway.url));
    expect((await run('python3', ['record.py'])).stdout).toBe('');
    expect((await storedCalls(gateway, 'acme')).map(({ requestId }) => requestId)).toContain('7d1c0b');
  });

  it.skipIf(!hasCurl)(
    `record with curl, and fail for a rejected call${hasCurl ? '' : ' (left out: no curl here)'}`,
    async () => {
      writeFileSync(join(folder, 'calls.ndjson'), '{"requestId":"curl-1","inputTokens":1,"outputTokens":1}\n');
      const script = example('curl and jq').replaceAll(address, gateway.url);
      expect(JSON.parse((await run('bash', ['-c', script])).stdout)).toMatchObject({ recorded: 1 });
      writeFileSync(join(folder, 'calls.ndjson'), '{"requestId":"curl-2","inputTokens":-1}\n');
      await expect(run('bash', ['-c', script])).rejects.toThrow(/VALIDATION_ERROR/);
    },
  );
});
