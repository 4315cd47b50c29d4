import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Beside the packages that it is built with, so that installing others removes it. */
export const dashboardFolder = fileURLToPath(
  new URL('../../../node_modules/.cache/usage-gateway/dashboard', import.meta.url),
);

const contentTypes: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

export interface DashboardFile {
  contentType: string;
  etag: string;
  /** Its content by content encoding; "identity" for none. */
  encoded: Record<'identity' | 'gzip' | 'br', Buffer<ArrayBuffer>>;
}

/** The built files by name; none when the install scripts did not run. */
export async function readDashboard(): Promise<Map<string, DashboardFile>> {
  const names = await readdir(dashboardFolder).catch(() => []);
  const files = new Map<string, DashboardFile>();
  for (const name of names) {
    const contentType = contentTypes[extname(name)];
    if (contentType === undefined) continue;
    const [identity, gzip, br] = await Promise.all(
      ['', '.gz', '.br'].map((ending) => readFile(join(dashboardFolder, `${name}${ending}`))),
    );
    if (!identity || !gzip || !br) continue;
    const etag = `W/"${createHash('sha256').update(identity).digest('base64url')}"`;
    files.set(name, { contentType, etag, encoded: { identity, gzip, br } });
  }
  return files;
}
