import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

export interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CliProcess {
  pid: number;
  /** What it has printed so far. */
  output(): Run;
  /** Resolves with the first match of a pattern in its standard output; fails when it ends before. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
  ended: Promise<Run>;
}

/** Starts `usage-gateway …` as an operator would, with nothing of this process's environment but the PATH. */
export const startCli = (args: string[], env: Record<string, string>): CliProcess => startNode('src/cli.ts', args, env);

/** The same for any of the project's modules. */
export function startNode(module: string, args: string[], env: Record<string, string>): CliProcess {
  const child = spawn(process.execPath, [resolve(root, module), ...args], {
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], DRAIN_SECONDS: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const run: Run = { code: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (run.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (run.stderr += text));
  const ended = once(child, 'close').then(([code]) => ({ ...run, code: typeof code === 'number' ? code : null }));
  return {
    pid: child.pid ?? 0,
    output: () => run,
    kill: (signal) => child.kill(signal),
    ended,
    async waitFor(pattern) {
      for (;;) {
        const match = pattern.exec(run.stdout);
        if (match) return match;
        const end = await Promise.race([ended, once(child.stdout, 'data').then(() => undefined)]);
        if (end && !pattern.test(run.stdout)) throw new Error(`It ended with ${end.code}: ${end.stderr}`);
      }
    },
  };
}

export const runCli = (args: string[], env: Record<string, string>): Promise<Run> => startCli(args, env).ended;
