import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { startTestGateway, superuserKey } from '../support/gateway.ts';

const suite = fileURLToPath(new URL('../../node_modules/.bin/conformance', import.meta.url));
const expectedFailures = join(import.meta.dirname, 'expected-failures.yml');

/** Passes requests on with a key, as the suite knows of none. Returns the address of the other side. */
async function withKey(url: string): Promise<string> {
  const proxy = createServer((received, answered) => {
    const { method, url: path, headers } = received;
    const options = { method, headers: { ...headers, authorization: `Bearer ${superuserKey}` } };
    const passedOn = request(`${url}${path}`, options, (response) => {
      answered.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answered);
    });
    received.pipe(passedOn);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(() => void proxy.close());
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy listens on a port.');
  return `http://127.0.0.1:${address.port}`;
}

it('passes the conformance suite of the protocol as far as it applies', async () => {
  const gateway = await startTestGateway('embedded');
  onTestFinished(() => gateway.close());
  const output = await mkdtemp(join(tmpdir(), 'conformance-'));
  onTestFinished(() => rm(output, { recursive: true }));
  const url = `${await withKey(gateway.url)}/mcp`;
  const args = [suite, 'server', '--url', url, '--suite', 'all', '--expected-failures', expectedFailures, '-o', output];
  const { stdout } = await promisify(execFile)(process.execPath, args).catch((error: unknown) => {
    throw new Error(`The suite failed:\n${error instanceof Error && 'stdout' in error ? error.stdout : error}`);
  });
  for (const scenario of ['server-initialize', 'ping', 'tools-list', 'dns-rebinding-protection'])
    expect(stdout).toMatch(new RegExp(`${scenario}: [1-9] passed, 0 failed`));
});
