import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createTestDatabase, describeOnEachDatabase } from '../support/databases.ts';
import { runCli } from './gateway-process.ts';

const list = [
  {
    id: 'acme',
    name: 'Acme',
    api_pattern: '.*',
    models: [{ id: 'acme-1', match: { equals: 'acme-1' }, prices: { input_mtok: 1 } }],
  },
];

describeOnEachDatabase('usage-gateway prices', (kind) => {
  it('takes a list from a file, refuses a wrong one by name, and goes back', { timeout: 180_000 }, async () => {
    const { config, drop } = await createTestDatabase(kind);
    onTestFinished(drop);
    const folder = await mkdtemp(join(tmpdir(), 'prices-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const env: Record<string, string> = config.databaseUrl
      ? { DATABASE_URL: config.databaseUrl }
      : { DATA_DIR: config.dataDir };
    const file = async (name: string, text: string) => {
      const path = join(folder, name);
      await writeFile(path, text);
      return path;
    };
    const cli = (...args: string[]) => runCli(['prices', ...args], env);

    expect(await cli('update', await file('data.json', JSON.stringify(list)))).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringMatching(
        /^Calls are priced by genai-prices@sha256-[0-9a-f]{12} from now on: 1 models of 1 providers\.\n$/,
      ),
    });
    const wrong = await cli(
      'update',
      await file('wrong.json', JSON.stringify([{ ...list[0], models: [{ id: 'x' }] }])),
    );
    expect(wrong).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('acme/x/match') });
    expect(await cli('update', await file('no.json', '{'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no.json cannot be read'),
    });
    expect(await cli('update', join(folder, 'missing.json'))).toMatchObject({ code: 1 });
    expect(await cli('reset')).toMatchObject({ code: 0, stderr: expect.stringContaining('bundled') });
  });
});
