import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Metrics } from './metrics.ts';
import type { OperatorHealth } from './operator-health.ts';

const digest = (text: string) => hash('sha256', text, 'buffer');

/** Serves `/metrics` and `/health` to operators; with a key only to those who send it. */
export function operatorPages(
  metrics: Metrics,
  health: () => Promise<OperatorHealth>,
  key: string | undefined,
): RequestListener {
  const expected = key === undefined ? undefined : digest(`Bearer ${key}`);
  const mayRead = ({ headers }: IncomingMessage) =>
    expected === undefined || timingSafeEqual(digest(headers.authorization ?? ''), expected);
  const pages: Readonly<Record<string, () => Promise<{ type: string; text: string }>>> = {
    '/metrics': async () => ({ type: metrics.contentType, text: await metrics.text() }),
    '/health': async () => ({ type: 'application/json; charset=utf-8', text: JSON.stringify(await health()) }),
  };
  const answer = (response: ServerResponse, status: number, type: string, text: string) => {
    response.writeHead(status, { 'content-type': type });
    response.end(text);
  };
  const plain = 'text/plain; charset=utf-8';
  return async (request, response) => {
    const page = pages[(request.url ?? '').split('?')[0] ?? ''];
    try {
      if (!mayRead(request)) {
        response.setHeader('www-authenticate', 'Bearer');
        answer(response, 401, plain, 'Send METRICS_KEY as a bearer token.\n');
      } else if (!page || request.method !== 'GET') answer(response, 404, plain, 'GET /metrics or /health.\n');
      else {
        const { type, text } = await page();
        answer(response, 200, type, text);
      }
    } catch {
      answer(response, 500, plain, 'The page could not be made.\n');
    }
  };
}
