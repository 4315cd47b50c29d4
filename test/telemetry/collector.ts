import { once } from 'node:events';
import { createServer } from 'node:http';
import { z } from 'zod';

const value = z.object({
  stringValue: z.string().optional(),
  intValue: z.union([z.number(), z.string()]).optional(),
  boolValue: z.boolean().optional(),
});
const attributes = z.array(z.object({ key: z.string(), value })).default([]);
const exportRequest = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              name: z.string(),
              kind: z.number(),
              attributes,
            }),
          ),
        }),
      ),
    }),
  ),
});

export interface CollectedSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  name: string;
  attributes: Record<string, unknown>;
  resource: Record<string, unknown>;
}

export interface Collector {
  url: string;
  /** Bodies as they arrived. */
  bodies: { path: string; type: string; body: Buffer }[];
  /** Spans sent as JSON. */
  spans(): CollectedSpan[];
  close(): Promise<void>;
}

const toRecord = (list: z.infer<typeof attributes>) =>
  Object.fromEntries(list.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? value.boolValue]));

/** Takes traces over OTLP, as collectors of OpenTelemetry do. */
export async function startCollector(): Promise<Collector> {
  const bodies: Collector['bodies'] = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    bodies.push({ path: request.url ?? '', type: request.headers['content-type'] ?? '', body });
    response.setHeader('content-type', 'application/json');
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    bodies,
    spans: () =>
      bodies.flatMap(({ body }) =>
        exportRequest.parse(JSON.parse(body.toString())).resourceSpans.flatMap(({ resource, scopeSpans }) =>
          scopeSpans.flatMap(({ spans }) =>
            spans.map(({ attributes, parentSpanId, ...span }) => ({
              ...span,
              parentSpanId: parentSpanId === '' ? undefined : parentSpanId,
              attributes: toRecord(attributes),
              resource: toRecord(resource.attributes),
            })),
          ),
        ),
      ),
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
