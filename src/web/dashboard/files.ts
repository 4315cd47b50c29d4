import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { SignInConfig } from '../../settings/sign-in-config.ts';

/** Beside the packages that it is built with, so that installing others removes it. */
export const dashboardFolder = fileURLToPath(
  new URL('../../../node_modules/.cache/usage-gateway/dashboard', import.meta.url),
);

export const pageName = 'index.html';

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
export async function readDashboard(signIn: SignInConfig | undefined): Promise<Map<string, DashboardFile>> {
  const names = await readdir(dashboardFolder).catch(() => []);
  const files = new Map<string, DashboardFile>();
  for (const name of names) {
    const contentType = contentTypes[extname(name)];
    if (contentType === undefined) continue;
    const [identity, gzip, br] = await Promise.all(
      ['', '.gz', '.br'].map((ending) => readFile(join(dashboardFolder, `${name}${ending}`))),
    );
    if (!identity || !gzip || !br) continue;
    const built = { identity, gzip, br };
    const encoded = name === pageName && signIn ? withSignIn(identity, signIn) : built;
    const etag = `W/"${createHash('sha256').update(encoded.identity).digest('base64url')}"`;
    files.set(name, { contentType, etag, encoded });
  }
  return files;
}

/** The page, which tells the dashboard how people sign in. */
function withSignIn(page: Buffer, signIn: SignInConfig): DashboardFile['encoded'] {
  const content = JSON.stringify(signIn).replaceAll(/[&"<>]/g, (character) => `&#${character.charCodeAt(0)};`);
  const meta = `<meta name="usage-gateway-sign-in" content="${content}" />\n  </head>`;
  const identity = Buffer.from(page.toString().replace('</head>', () => meta));
  return { identity, gzip: gzipSync(identity), br: brotliCompressSync(identity) };
}
