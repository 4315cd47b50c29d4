import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { packClient } from '../../pack-client.ts';
import { fromProvider, UsageClient, type Dropped, type UsageClientOptions } from '../../src/client/index.ts';
import { storedCalls } from '../ingest/stored-calls.ts';
import { startTestGateway, superuserKey, type TestGateway } from '../support/gateway.ts';

const call = { provider: 'openai', model: 'gpt-5', inputTokens: 10, outputTokens: 5 };

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'client-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe('the client', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway('embedded');
  });
  afterAll(() => gateway.close());

  let tenants = 0;
  function start(options: Partial<UsageClientOptions> = {}) {
    const tenantId = options.tenantId ?? `client${++tenants}`;
    const dropped: Dropped[] = [];
    const onDropped = (lost: Dropped) => void dropped.push(lost);
    const client = new UsageClient({ url: gateway.url, apiKey: superuserKey, tenantId, onDropped, ...options });
    onTestFinished(() => client.close(0));
    return { client, tenantId, dropped, stored: () => storedCalls(gateway, tenantId) };
  }
  /** An address where nothing listens. */
  const nowhere = async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return `http://127.0.0.1:${port}`;
  };

  it('sends what it has gathered in batches, each call once', async () => {
    const sizes: number[] = [];
    const { client, dropped, stored } = start({
      maxBatchCalls: 40,
      fetch: (url, init) => {
        sizes.push(init.body.split('\n').length);
        return fetch(url, init);
      },
    });
    const ids = Array.from({ length: 100 }, () => client.record(call));
    await client.flush();
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(100);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(40);
    expect((await stored()).map(({ requestId }) => requestId).toSorted()).toEqual(ids.toSorted());
    expect(client.counts).toEqual({ recorded: 100, duplicates: 0, dropped: 0, waiting: 0 });
    expect(dropped).toEqual([]);
  });

  it('sends calls by itself after a while', async () => {
    const { client, stored } = start({ flushEveryMs: 10 });
    client.record(call);
    await expect.poll(() => client.counts.recorded, { timeout: 10_000 }).toBe(1);
    expect(await stored()).toHaveLength(1);
  });

  it('sends the same ids again when an answer was lost', async () => {
    let lost = 0;
    const { client, stored } = start({
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        if (lost++ === 0) throw new Error('The answer was lost.');
        return response;
      },
    });
    for (let no = 0; no < 10; no++) client.record(call);
    await client.flush();
    expect(client.counts).toMatchObject({ recorded: 0, duplicates: 10, waiting: 0 });
    expect(await stored()).toHaveLength(10);
  });

  it('reports calls that the gateway rejects, and no others', async () => {
    const { client, dropped, stored } = start();
    const bad = client.record({ ...call, inputTokens: -1 });
    const circle: Record<string, unknown> = {};
    circle['itself'] = circle;
    const unwritable = client.record({ ...call, metadata: circle });
    client.record(call);
    await client.flush();
    expect(dropped.map(({ requestIds }) => requestIds)).toEqual([[unwritable], [bad]]);
    expect(dropped[1]?.reason).toMatch(/^VALIDATION_ERROR: .*inputTokens/);
    expect(await stored()).toHaveLength(1);
  });

  it('bounds its memory and reports what does not fit', async () => {
    const { client, dropped } = start({ url: await nowhere(), maxWaitingCalls: 5 });
    for (let no = 0; no < 8; no++) client.record(call);
    expect(client.counts).toMatchObject({ waiting: 5, dropped: 3 });
    expect(dropped.flatMap(({ requestIds }) => requestIds)).toHaveLength(3);
    await client.close(50);
    expect(client.counts).toMatchObject({ waiting: 0, dropped: 8 });
  });

  it('keeps what it cannot send in a folder, from where the next client sends it', async () => {
    const spoolFolder = newFolder();
    const away = start({ url: await nowhere(), spoolFolder, maxWaitingCalls: 5 });
    const ids = Array.from({ length: 20 }, () => away.client.record(call));
    await away.client.close(50);
    expect(away.dropped).toEqual([]);
    expect(readdirSync(spoolFolder).length).toBeGreaterThan(0);
    const back = start({ spoolFolder, tenantId: away.tenantId });
    await expect.poll(() => back.client.counts.recorded, { timeout: 10_000 }).toBe(20);
    await expect.poll(() => readdirSync(spoolFolder)).toEqual([]);
    expect((await back.stored()).map(({ requestId }) => requestId).toSorted()).toEqual(ids.toSorted());
  });

  it('sends in smaller parts what the gateway finds too large', async () => {
    const sizes: number[] = [];
    const { client, stored } = start({
      fetch: async (url, init) => {
        const size = init.body.split('\n').length;
        sizes.push(size);
        return size > 30 ? new Response('{}', { status: 413 }) : fetch(url, init);
      },
    });
    for (let no = 0; no < 100; no++) client.record(call);
    await client.flush();
    expect(await stored()).toHaveLength(100);
    expect(sizes[0]).toBe(100);
  });

  it("reads providers' answers without their text", async () => {
    const { client, stored } = start();
    const answer = {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1_776_000_000,
      model: 'gpt-5-2025-08-07',
      choices: [{ message: { role: 'assistant', content: 'a secret' } }],
      usage: {
        prompt_tokens: 100,
        completion_tokens: 20,
        total_tokens: 120,
        prompt_tokens_details: { cached_tokens: 60 },
        completion_tokens_details: { reasoning_tokens: 5 },
      },
    };
    const read = fromProvider(answer, { provider: 'openai', agentId: 'helper' });
    expect(JSON.stringify(read)).not.toContain('secret');
    expect(client.record(read)).toBe('chatcmpl-1');
    client.record(
      fromProvider({ input_tokens: 3, output_tokens: 4, cache_read_input_tokens: 5 }, { provider: 'anthropic' }),
    );
    client.record(read);
    await client.flush();
    expect(client.counts).toMatchObject({ recorded: 2, duplicates: 1 });
    const calls = await stored();
    expect(calls.find(({ requestId }) => requestId === 'chatcmpl-1')).toMatchObject({
      occurredAt: '2026-04-12T13:20:00.000Z',
      model: 'gpt-5-2025-08-07',
      agentId: 'helper',
      inputTokens: 100,
      cachedInputTokens: 60,
      outputTokens: 20,
      reasoningTokens: 5,
    });
    expect(calls.find(({ provider }) => provider === 'anthropic')).toMatchObject({ inputTokens: 8 });
  });

  it('is installed from its packed file into an empty folder, and sends what waits when the process ends', async () => {
    const folder = newFolder();
    const packed = packClient(join(folder, 'packed'));
    const project = mkdtempSync(join(folder, 'project-'));
    writeFileSync(join(project, 'package.json'), '{"type":"module","private":true}');
    execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', packed], { cwd: project, stdio: 'pipe' });
    expect(readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
      'usage-gateway',
    ]);
    writeFileSync(
      join(project, 'typed.ts'),
      `import { UsageClient, type UsageCall } from 'usage-gateway/client';
       const call: UsageCall = { inputTokens: 1 };
       const client: UsageClient = new UsageClient({ url: 'http://x', apiKey: 'x' });
       export const id: string = client.record(call);`,
    );
    const tsc = join(import.meta.dirname, '../../node_modules/.bin/tsc');
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022,dom'];
    execFileSync(tsc, [...options, '--types', '', 'typed.ts'], { cwd: project, stdio: 'pipe' });
    writeFileSync(
      join(project, 'record.js'),
      `import { UsageClient } from 'usage-gateway/client';
       const client = new UsageClient({ url: process.argv[2], apiKey: process.argv[3], tenantId: 'packed' });
       for (let no = 0; no < 25; no++) client.record({ requestId: 'p' + no, inputTokens: 1, outputTokens: 1 });`,
    );
    await promisify(execFile)(process.execPath, ['record.js', gateway.url, superuserKey], { cwd: project });
    expect(await storedCalls(gateway, 'packed')).toHaveLength(25);
  });
});
