import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startNode, type CliProcess } from '../cli/gateway-process.ts';
import { startFaultyProxy, type FaultyProxy } from './faulty-proxy.ts';

export const superuserKey = 'superuser-key-of-the-simulation-0123456789';

export interface GatewayOptions {
  name: string;
  /** Folder for the files of this gateway alone. */
  folder: string;
  /** Where its database is. */
  database: Record<string, string>;
}

const clockModule = resolve(import.meta.dirname, 'skewed-clock.ts');

/** A gateway in a process that is killed and started again; its clients reach it by a line that can fail. */
export class SimulatedGateway {
  readonly name: string;
  readonly #env: Record<string, string>;
  readonly #clockFile: string;
  #process: CliProcess | undefined;
  #line: FaultyProxy | undefined;
  #port = '0';
  #log = '';

  constructor({ name, folder, database }: GatewayOptions) {
    this.name = name;
    this.#clockFile = join(folder, 'clock');
    mkdirSync(folder, { recursive: true });
    this.setClock(0);
    this.#env = {
      SUPERUSER_KEY: superuserKey,
      NODE_ENV: 'production',
      LOG_LEVEL: 'warn',
      NODE_OPTIONS: `--import=${clockModule}`,
      SIMULATED_CLOCK: this.#clockFile,
      // A killed process leaves its socket there.
      TMPDIR: folder,
      ...database,
    };
  }

  /** Starts it, at the same address as before; fails when it ends before it is ready. */
  async start(): Promise<void> {
    this.#process = startNode('src/cli.ts', ['serve'], { ...this.#env, PORT: this.#port });
    const [, url = ''] = await this.#process.waitFor(/^Usage Gateway is ready at (\S+)\/graphql$/m);
    this.#port = new URL(url).port;
    this.#line ??= await startFaultyProxy(url);
  }

  get url(): string {
    return this.line.url;
  }

  /** Between clients and the gateway. */
  get line(): FaultyProxy {
    if (!this.#line) throw new Error(`${this.name} was never started.`);
    return this.#line;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#ended();
  }

  /** Starts it again if it is gone, and waits until it serves. @returns whether it does in time. */
  async revive(untilMs: number): Promise<boolean> {
    this.signal('SIGCONT');
    while (performance.now() < untilMs) {
      if (this.#process?.output().code !== null || !this.#isRunning()) await this.start().catch(() => undefined);
      if (await this.#isReady()) return true;
      await sleep(100);
    }
    return false;
  }

  /** Asks it to end in order. @throws when it does not, or not with 0. */
  async stop(): Promise<void> {
    this.signal('SIGTERM');
    const { code } = (await this.#ended()) ?? { code: 0 };
    if (code !== 0) throw new Error(`${this.name} ended with ${code}:\n${this.log(20).join('\n')}`);
  }

  /** Milliseconds by which its clock is ahead. */
  setClock(aheadMs: number): void {
    writeFileSync(this.#clockFile, String(aheadMs));
  }

  /** The last lines that it has written. */
  log(lines: number): string[] {
    const { stdout = '', stderr = '' } = this.#process?.output() ?? {};
    // Without what it prints for people at each start; the log is JSON.
    const written = `${this.#log}${stderr}${stdout}`.split('\n').filter((line) => /^\{|^\S*Error|^ +at /.test(line));
    return written.slice(-lines);
  }

  async close(): Promise<void> {
    await this.kill();
    await this.#line?.close();
  }

  #isRunning(): boolean {
    try {
      return this.#process !== undefined && process.kill(this.#process.pid, 0);
    } catch {
      return false;
    }
  }

  async #ended() {
    const run = await this.#process?.ended;
    if (run) this.#log = `${this.#log}${run.stdout}${run.stderr}`.slice(-20_000);
    this.#process = undefined;
    return run;
  }

  async #isReady(): Promise<boolean> {
    const response = await fetch(`${this.url}/health/ready`, { signal: AbortSignal.timeout(5000) }).catch(
      () => undefined,
    );
    await response?.arrayBuffer().catch(() => undefined);
    return response?.status === 200;
  }
}
