import { fork } from 'node:child_process';
import { once } from 'node:events';
import { inject, onTestFinished } from 'vitest';
import type { TestDatabase } from '../support/databases.ts';

/** For tests that start processes with databases, which take seconds each where the machine is busy. */
export const processTestTimeoutMs = 180_000;

export interface Question {
  id: number;
  sql: string;
}

export interface Failure {
  name: string;
  message: string;
}

/** The answer with id 0 comes when the database is open or refused. */
export type Answer = { id: 0; applied: string[] } | { id: number; rows: object[] } | { id: number; failed: Failure };

/** Starts another process that opens the database; it is gone at the latest when the test is over. */
export function startDatabaseProcess(config: TestDatabase['config'], env: Record<string, string> = {}) {
  const child = fork(new URL('./fixtures/database-process.ts', import.meta.url), [JSON.stringify(config)], {
    execArgv: [],
    env: { ...process.env, TMPDIR: inject('testDatabases').folder, ...env },
  });
  const waiting = new Map<number, (answer: Answer) => void>();
  const answers = (id: number) => new Promise<Answer>((resolve) => waiting.set(id, resolve));
  child.on('message', (answer: Answer) => waiting.get(answer.id)?.(answer));
  const exited = once(child, 'exit').then(([code, signal]: (number | string | null)[]) => signal ?? code);
  const ended = exited.then((how): never => {
    throw new Error(`the process ended with ${how}`);
  });
  ended.catch(() => undefined);
  const first = answers(0);
  let asked = 0;

  const signal = async (name: NodeJS.Signals) => {
    child.kill(name);
    return exited;
  };
  onTestFinished(async () => {
    await signal('SIGKILL');
  });

  return {
    pid: child.pid,
    /** The names of the migrations that it applied, or why the database did not open. */
    async opened(): Promise<string[] | Failure> {
      const answer = await Promise.race([first, ended]);
      if ('applied' in answer) return answer.applied;
      return 'failed' in answer ? answer.failed : { name: 'unknown', message: 'answered something else' };
    },
    /** Rows of a statement, run over there. */
    async execute(sql: string): Promise<object[]> {
      const id = ++asked;
      const answer = answers(id);
      child.send({ id, sql } satisfies Question);
      const settled = await Promise.race([answer, ended]);
      if ('rows' in settled) return settled.rows;
      throw new Error('failed' in settled ? settled.failed.message : 'answered something else');
    },
    /** Sends a signal once and resolves with the exit code, or the signal that killed it, when the process is gone. */
    signal,
    interrupt: () => child.kill('SIGINT'),
    exited,
  };
}
