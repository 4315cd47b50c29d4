import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import packageJson from './package.json' with { type: 'json' };

const root = import.meta.dirname;

/**
 * Builds the client as JavaScript with types and packs it as an npm package of its own, so that whoever records calls
 * installs nothing of the gateway. Returns the path of the packed file.
 */
export function packClient(folder: string): string {
  const built = join(folder, 'package');
  rmSync(built, { recursive: true, force: true });
  mkdirSync(built, { recursive: true });
  const run = (command: string, args: readonly string[], cwd: string) =>
    execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  run(join(root, 'node_modules/.bin/tsc'), ['--project', 'tsconfig.client.json', '--outDir', built], root);
  const { name, version, license } = packageJson;
  const manifest = {
    name,
    version,
    description: 'Records LLM and agent calls at a Usage Gateway.',
    license,
    type: 'module',
    exports: { './client': { types: './index.d.ts', default: './index.js' } },
    engines: { node: '>=20.16' },
  };
  writeFileSync(join(built, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  const packed = run('npm', ['pack', '--silent', '--pack-destination', folder], built).trim();
  return join(folder, packed);
}

if (import.meta.main) {
  const [folder = 'dist/client'] = process.argv.slice(2);
  process.stdout.write(`${packClient(resolve(folder))}\n`);
}
