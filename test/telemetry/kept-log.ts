import { Writable } from 'node:stream';
import { pino, type Logger } from 'pino';
import { z } from 'zod';

const requestLine = z.object({
  msg: z.literal('request'),
  requestId: z.string(),
  kind: z.string(),
  fields: z.array(z.string()),
  tenantId: z.string().optional(),
  caller: z.string(),
  code: z.string(),
  status: z.number(),
  ms: z.number(),
  rows: z.number(),
});

export interface KeptLog {
  log: Logger;
  /** Everything as it was written. */
  text(): string;
  /** The lines of requests. */
  requests(): z.infer<typeof requestLine>[];
}

/** A log of everything, kept in memory. */
export function keepLog(): KeptLog {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return {
    log: pino({ level: 'trace' }, stream),
    text: () => text,
    requests: () =>
      text
        .split('\n')
        .filter((line) => line.includes('"msg":"request"'))
        .map((line) => requestLine.parse(JSON.parse(line))),
  };
}
