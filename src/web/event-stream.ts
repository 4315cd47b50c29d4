import type { FetchAPI } from 'graphql-yoga';
import type { LiveAnswer } from '../live/live-stream.ts';

/** So often something is sent on a stream that has nothing to say, since proxies end silent connections. */
const pingEveryMs = 12_000;
const ping = ':\n\n';

/**
 * Answers a subscription by Server-Sent Events, as the protocol "GraphQL over SSE" has it for distinct connections: an event
 * "next" for each answer and "complete" at the end. An answer is taken, and written as text, only when the reader has room
 * for it.
 */
export function eventStream(
  answers: AsyncIterableIterator<LiveAnswer>,
  { Response, ReadableStream, TextEncoder }: FetchAPI,
): Response {
  const encoder = new TextEncoder();
  let isAsked = false;
  let arrived: IteratorResult<LiveAnswer> | undefined;
  let wake = () => {};
  /** The next answer, or nothing after a while without one. Its promise is waited for once, however long that takes. */
  const nextOrSilence = async () => {
    if (!isAsked) {
      isAsked = true;
      void answers.next().then((result) => {
        arrived = result;
        wake();
      });
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pingEveryMs).unref();
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (arrived) wake();
    });
    const result = arrived;
    if (result) isAsked = false;
    arrived = undefined;
    return result;
  };
  const body = new ReadableStream<Uint8Array>({
    // Some clients wait for the first byte.
    start: (controller) => controller.enqueue(encoder.encode(ping)),
    async pull(controller) {
      const result = await nextOrSilence();
      if (!result) return controller.enqueue(encoder.encode(ping));
      if (!result.done) return controller.enqueue(encoder.encode(`event: next\ndata: ${result.value.text}\n\n`));
      controller.enqueue(encoder.encode('event: complete\ndata:\n\n'));
      controller.close();
    },
    async cancel() {
      await answers.return?.();
    },
  });
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      // Proxies that gather answers would hold them back.
      'x-accel-buffering': 'no',
    },
  });
}
