import { setTimeout as sleep } from 'node:timers/promises';
import { GraphQLError } from 'graphql';
import type { RequestLimits } from '../settings/request-limits.ts';
import { TimeoutError } from '../values/errors.ts';
import type { BodyRoom } from './body-room.ts';

/** A body may begin slowly. */
const graceMs = 5_000;
const checkEveryMs = 1_000;

/** A refusal of a body with an HTTP status. */
export const refusal = (status: number, message: string) =>
  new GraphQLError(message, { extensions: { http: { status } } });

export interface BodyReading {
  limits: RequestLimits['body'];
  room: BodyRoom;
  /** Whose share of the room it takes. */
  caller: string;
  isAnonymous: boolean;
  /** Calls back once when the body is needed no more. */
  onEnd: (release: () => void) => void;
}

/** Where a body comes from. */
export interface BodySource {
  /** What Content-Length says; NaN without it. */
  declaredBytes: number;
  /** The next bytes; undefined where there is no body. */
  next: (() => Promise<{ done?: boolean | undefined; value?: Uint8Array | undefined }>) | undefined;
}

/**
 * Reads a body up to its limits; beyond them the rest is left unread, since closing the connection at once would lose the
 * answer. What it takes of the room is given back when the request ends.
 */
export async function readBody(
  { declaredBytes, next }: BodySource,
  { limits, room, caller, isAnonymous, onEnd }: BodyReading,
): Promise<Buffer> {
  const maxBytes = isAnonymous ? limits.maxBytesAnonymous : limits.maxBytes;
  const tooLarge = () =>
    refusal(
      413,
      isAnonymous
        ? `Without a credential the body of a request has at most ${maxBytes} bytes; send 'Authorization: Bearer <API key or token>'.`
        : `The body has more than ${maxBytes} bytes.`,
    );
  if (declaredBytes > maxBytes) throw tooLarge();
  if (!next) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  onEnd(() => room.give(caller, size));
  const began = performance.now();
  const stopped = new AbortController();
  const read = async (): Promise<Buffer> => {
    for (;;) {
      const { done: ended, value } = await next().catch(() => {
        throw refusal(400, 'The body did not arrive in full.');
      });
      if (ended || !value || stopped.signal.aborted) return Buffer.concat(chunks);
      if (size + value.byteLength > maxBytes) throw tooLarge();
      room.take(caller, value.byteLength);
      size += value.byteLength;
      chunks.push(value);
    }
  };
  const watch = async (): Promise<never> => {
    for (;;) {
      await sleep(checkEveryMs, undefined, { signal: stopped.signal, ref: false });
      const ms = performance.now() - began;
      if (ms > limits.maxMs)
        throw new TimeoutError(`The body of the request took longer than ${limits.maxMs / 1000} seconds.`, 408);
      if (ms > graceMs && size < (limits.minBytesPerSecond * ms) / 1000)
        throw new TimeoutError(
          `The body of the request arrives at ${Math.round((size * 1000) / ms)} bytes a second; at least ${limits.minBytesPerSecond} are required.`,
          408,
        );
    }
  };
  try {
    return await Promise.race([read(), watch()]);
  } finally {
    stopped.abort();
  }
}
