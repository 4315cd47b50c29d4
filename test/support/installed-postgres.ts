import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface InstalledPostgresOptions {
  databaseDir: string;
  port: number;
  user: string;
  password: string;
  authMethod: string;
  initdbFlags: readonly string[];
  postgresFlags: readonly string[];
  onLog(message: string): void;
}

/** A server from the programs of an installed PostgreSQL, whose version is thus chosen; it can be used as the one of node_modules. */
export class InstalledPostgres {
  readonly #bin: string;
  readonly #options: InstalledPostgresOptions;
  #process: ChildProcess | undefined;

  /** @param bin Folder with `initdb` and `postgres`, like /usr/lib/postgresql/15/bin. */
  constructor(bin: string, options: InstalledPostgresOptions) {
    this.#bin = bin;
    this.#options = options;
  }

  async initialise(): Promise<void> {
    const { databaseDir, user, password, authMethod, initdbFlags } = this.#options;
    const owner = serverUser();
    const passwordFile = `${databaseDir}.password`;
    mkdirSync(databaseDir, { mode: 0o700 });
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (owner) for (const path of [databaseDir, passwordFile]) chownSync(path, owner.uid, owner.gid);
    const flags = [`--pgdata=${databaseDir}`, `--username=${user}`, `--auth=${authMethod}`, `--pwfile=${passwordFile}`];
    try {
      execFileSync(join(this.#bin, 'initdb'), [...flags, ...initdbFlags], {
        ...owner,
        stdio: 'pipe',
        cwd: databaseDir,
      });
    } finally {
      rmSync(passwordFile);
    }
  }

  async start(): Promise<void> {
    const { databaseDir, port, postgresFlags, onLog } = this.#options;
    const child = spawn(join(this.#bin, 'postgres'), ['-D', databaseDir, '-p', String(port), ...postgresFlags], {
      ...serverUser(),
      cwd: databaseDir,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = child;
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`PostgreSQL ended with ${code}.`)));
      child.stderr.setEncoding('utf8').on('data', (message: string) => {
        onLog(message);
        if (message.includes('ready to accept connections')) resolve();
      });
    });
  }

  /** Ends it in fast mode and removes its data. */
  async stop(): Promise<void> {
    const child = this.#process;
    if (child && child.exitCode === null && child.signalCode === null) {
      const exit = once(child, 'exit');
      child.kill('SIGINT');
      await exit;
    }
    rmSync(this.#options.databaseDir, { recursive: true, force: true });
  }
}

/** PostgreSQL refuses to run as root: then the user that its package has created. */
function serverUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (kind: '-u' | '-g') => Number(execFileSync('id', [kind, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
