import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';

export interface GraphiQLPage {
  gzipped: Buffer<ArrayBuffer>;
  etag: string;
}

/**
 * GraphiQL's page with everything in it. It has nine megabytes: loading, rendering and compressing it takes a second, during
 * which requests would wait, so a worker thread does it.
 */
export async function makeGraphiQLPage(): Promise<GraphiQLPage> {
  const worker = new Worker(new URL('./graphiql-worker.ts', import.meta.url));
  const [message] = await once(worker, 'message');
  const gzipped: Buffer<ArrayBuffer> = Buffer.from(message);
  return { gzipped, etag: `W/"${createHash('sha256').update(gzipped).digest('base64url')}"` };
}
