import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild-wasm';
import { dashboardFolder } from './files.ts';

const source = fileURLToPath(new URL('../../dashboard/', import.meta.url));

/**
 * Bundles the dashboard into files whose names have a hash of their contents, and a page that names them. It runs when the
 * gateway is installed, as a start should take no longer for it.
 */
export async function buildDashboard(): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [join(source, 'main.tsx')],
    absWorkingDir: source,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    entryNames: '[name]-[hash]',
    outdir: 'assets',
    write: false,
    logLevel: 'warning',
  });
  const assets = outputFiles.map(({ path, contents }) => ({ name: basename(path), contents }));
  const nameOf = (extension: string) => assets.find(({ name }) => extname(name) === extension)?.name ?? '';
  const page = (await readFile(join(source, 'index.html'), 'utf8'))
    .replace('main.css', () => nameOf('.css'))
    .replace('main.js', () => nameOf('.js'));

  const unfinished = `${dashboardFolder}.${process.pid}`;
  await mkdir(unfinished, { recursive: true });
  for (const { name, contents } of [...assets, { name: 'index.html', contents: Buffer.from(page) }]) {
    const size = { [constants.BROTLI_PARAM_SIZE_HINT]: contents.byteLength };
    await writeFile(join(unfinished, name), contents);
    await writeFile(join(unfinished, `${name}.br`), brotliCompressSync(contents, { params: size }));
    await writeFile(join(unfinished, `${name}.gz`), gzipSync(contents, { level: 9 }));
  }
  await rm(dashboardFolder, { recursive: true, force: true });
  await rename(unfinished, dashboardFolder);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildDashboard();
