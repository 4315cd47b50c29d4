import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { outputProblem, writeWhole } from '../../src/cli/whole-file.ts';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'whole-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = (path: string, parts: Iterable<string>) =>
  writeWhole(path, async (output) => {
    await pipeline(parts, output);
    return 'written';
  });

function* failing(): Generator<string> {
  yield 'half';
  throw new Error('The rest is lost.');
}

describe('a file that is written whole', () => {
  it('replaces what was there, and leaves nothing beside it', async () => {
    const path = join(folder, 'a.csv');
    expect(await write(path, ['one'])).toBe('written');
    await write(path, ['two', ' parts']);
    expect(await readFile(path, 'utf8')).toBe('two parts');
    expect(await readdir(folder)).toEqual(['a.csv']);
  });

  it('keeps what was there when it fails, at once or later', async () => {
    const path = join(folder, 'a.csv');
    await writeFile(path, 'earlier');
    await expect(write(path, failing())).rejects.toThrow('The rest is lost.');
    const none = writeWhole(path, () => Promise.reject(new Error('There is nothing.')));
    await expect(none).rejects.toThrow('There is nothing.');
    expect(await readFile(path, 'utf8')).toBe('earlier');
    expect(await readdir(folder)).toEqual(['a.csv']);
  });

  it('is the file that a link names, not the link', async () => {
    await mkdir(join(folder, 'far'));
    await writeFile(join(folder, 'far/a.csv'), '');
    await symlink(join(folder, 'far/a.csv'), join(folder, 'link.csv'));
    await write(join(folder, 'link.csv'), ['text']);
    expect(await readFile(join(folder, 'far/a.csv'), 'utf8')).toBe('text');
    expect(await readdir(join(folder, 'far'))).toEqual(['a.csv']);
  });

  it('leaves devices what they are', async () => {
    await write('/dev/null', ['text']);
    expect(await outputProblem('/dev/null')).toBeUndefined();
  });

  it('is told beforehand when there is no place for it', async () => {
    expect(await outputProblem(join(folder, 'new.csv'))).toBeUndefined();
    expect(await outputProblem(folder)).toBe(`${folder} is a folder`);
    expect(await outputProblem(join(folder, 'none/a.csv'))).toBe(`there is no folder ${join(folder, 'none')}`);
    await writeFile(join(folder, 'file'), '');
    expect(await outputProblem(join(folder, 'file/a.csv'))).toBe(`there is no folder ${join(folder, 'file')}`);
  });
});
