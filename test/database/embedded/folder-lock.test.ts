import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, onTestFinished, vi } from 'vitest';
import { FolderLockedError, lockFolder } from '../../../src/database/embedded/folder-lock.ts';
import { createEmptyTestDatabase } from '../../support/databases.ts';
import { processTestTimeoutMs } from '../start-database-process.ts';

vi.setConfig({ testTimeout: processTestTimeoutMs });

async function emptyFolder(): Promise<string> {
  const { config, drop } = await createEmptyTestDatabase('embedded');
  onTestFinished(drop);
  return config.dataDir;
}

async function startHolder(folder: string): Promise<ChildProcess> {
  const child = fork(new URL('../fixtures/folder-holder.ts', import.meta.url), [folder], { execArgv: [] });
  onTestFinished(() => kill(child));
  await once(child, 'message');
  return child;
}

async function kill(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

async function tryToTake(child: ChildProcess): Promise<string> {
  const answer = once(child, 'message');
  child.send('take it');
  const [outcome] = await answer;
  return String(outcome);
}

/** Lets all try at once and returns who got the folder. */
async function race(children: readonly ChildProcess[]): Promise<ChildProcess[]> {
  const outcomes = await Promise.all(children.map(tryToTake));
  for (const outcome of outcomes) expect(outcome).toMatch(/^took it$| is in use by /);
  return children.filter((_, index) => outcomes[index] === 'took it');
}

it('refuses a second process and names the first', async () => {
  const folder = await emptyFolder();
  const first = await startHolder(folder);
  expect(await tryToTake(first)).toBe('took it');
  const second = await startHolder(folder);
  expect(await tryToTake(second)).toContain(`${folder} is in use by process ${first.pid} (since `);
  expect(() => lockFolder(folder)).toThrow(`process ${first.pid}`);
});

it('refuses the same process a second time', async () => {
  const folder = await emptyFolder();
  const lock = lockFolder(folder);
  expect(() => lockFolder(folder)).toThrow(FolderLockedError);
  expect(() => lockFolder(folder)).toThrow(`process ${process.pid}`);
  lock.release();
  lockFolder(folder).release();
});

it('lets exactly one of ten win, and after each kill exactly one of the rest', async () => {
  const folder = await emptyFolder();
  let contenders = await Promise.all(Array.from({ length: 10 }, () => startHolder(folder)));
  while (contenders.length > 7) {
    const winners = await race(contenders);
    expect(winners).toHaveLength(1);
    await Promise.all(winners.map(kill));
    contenders = contenders.filter((contender) => !winners.includes(contender));
  }
});
