import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';

/** Beside the packages that created it, so that installing others removes it. */
const file = fileURLToPath(new URL('../../../node_modules/.cache/usage-gateway/cluster.tar.gz', import.meta.url));

/**
 * Creates an empty database cluster and stores it as an archive. Initialising a cluster is most of a first start; when
 * the archive is created at installation, the start only unpacks it.
 */
export async function buildClusterTemplate(): Promise<void> {
  const database = await PGlite.create();
  const archive = await database.dumpDataDir('gzip');
  await database.close();
  await mkdir(dirname(file), { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  await writeFile(unfinished, Buffer.from(await archive.arrayBuffer()));
  await rename(unfinished, file);
}

/** The archive; undefined when the install scripts did not run. */
export async function clusterTemplate(): Promise<Blob | undefined> {
  return existsSync(file) ? new Blob([await readFile(file)], { type: 'application/x-gzip' }) : undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildClusterTemplate();
