import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const cli = fileURLToPath(new URL('../../../src/cli.ts', import.meta.url));
let folder: string;

beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'import-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(args: string[], onStderr: (kill: (signal: NodeJS.Signals) => void) => void = () => {}) {
  const env = { PATH: process.env.PATH, DATA_DIR: join(folder, 'data') };
  const child = spawn(process.execPath, [cli, 'import', ...args], { cwd: folder, env });
  child.stderr.once('data', () => onStderr((signal) => child.kill(signal)));
  const [stdout, stderr, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { stdout, stderr, exitCode: Number(exitCode) };
}

describe('usage-gateway import', { timeout: 120_000 }, () => {
  it('ends with 1, and makes no database, when it cannot begin', async () => {
    const noFile = await run(['none.csv', '--tenant', 'acme']);
    expect(noFile).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(/^ENOENT: .*none\.csv'\n$/),
    });
    const noFields = await run(['none.csv', '--tenant', 'acme', '--map', 'a=b', '--map', 'c=d']);
    expect(noFields).toMatchObject({
      exitCode: 1,
      stderr: "--map: there is no field 'a'\n--map: there is no field 'c'\n",
    });
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });

  it('ends with 2 when records were refused, and 0 when none was', async () => {
    await writeFile(join(folder, 'calls.csv'), 'inputTokens,outputTokens\n1,2\n3,x\n');
    const some = await run(['calls.csv', '--tenant', 'acme']);
    expect(some).toMatchObject({
      exitCode: 2,
      stdout: expect.stringMatching(
        /^recorded 1, duplicates 0, rejected 1 in .*\nrejected 1: 1 × 'outputTokens' must be a whole .*\n.*: calls\.csv\.rejected\.ndjson\n$/,
      ),
    });
    const none = await run(['calls.csv', '--tenant', 'acme', '--set', 'outputTokens=2']);
    expect(none).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^recorded 1, duplicates 1, rejected 0/) });
  });

  it('ends with 130 behind the batch in flight on Ctrl-C', async () => {
    await writeFile(join(folder, 'many.csv'), `inputTokens,outputTokens\n${'1,2\n'.repeat(300_000)}`);
    const stopped = await run(['many.csv', '--tenant', 'acme'], (kill) => kill('SIGINT'));
    expect(stopped).toMatchObject({
      exitCode: 130,
      stdout: expect.stringContaining('run the same import again to go on'),
    });
    expect(stopped.stderr).toMatch(/^imported [\d,]+ records .*%\n$/);
  });
});
