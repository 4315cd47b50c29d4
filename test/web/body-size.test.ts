import { memoryUsage } from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, superuserKey, type TestGateway } from '../support/gateway.ts';
import { postRaw, writeTo } from './raw-request.ts';
import { bearer, expectKnownErrors, post } from './requests.ts';

const mebibyte = 1024 * 1024;
const limit = 4 * mebibyte;
const blanks = Buffer.alloc(mebibyte, ' ');

/** A valid body of so many bytes. */
const bodyOf = (bytes: number) => '{"query":"{ __typename }"}'.padEnd(bytes, ' ');

const chunked = (bytes: number) =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from(bodyOf(bytes)));
      controller.close();
    },
  });

describe('a body', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway('embedded');
  });
  afterAll(() => gateway.close());

  const postChunked = async (bytes: number) =>
    fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...bearer(superuserKey) },
      body: chunked(bytes),
      duplex: 'half',
    } as RequestInit);

  it('of 4 MiB is answered, with Content-Length and chunked', async () => {
    expect(await post(gateway, bodyOf(limit), bearer(superuserKey))).toMatchObject({ status: 200, errors: [] });
    expect((await postChunked(limit)).status).toBe(200);
  });

  it('of one byte more is refused with 413, with Content-Length and chunked', async () => {
    const answer = await post(gateway, bodyOf(limit + 1), bearer(superuserKey));
    expect(answer).toMatchObject({ status: 413, errors: [{ extensions: { code: 'VALIDATION_ERROR' } }] });
    expectKnownErrors(answer);
    expect((await postChunked(limit + 1)).status).toBe(413);
  });

  it('that says it is larger is refused before it is sent', async () => {
    const headers = ['Host: gateway', `Content-Length: ${limit + 1}`];
    const answer = await postRaw(gateway.url, headers, async () => undefined);
    expect(answer.status).toBe(413);
  });

  it.each([
    ['with Content-Length', `Content-Length: ${256 * mebibyte}`, '', ''],
    ['chunked', 'Transfer-Encoding: chunked', `${mebibyte.toString(16)}\r\n`, '\r\n'],
  ])(
    'of 256 MiB %s is thrown away as it comes, and its client reads the answer',
    async (_name, header, before, after) => {
      const memory = memoryUsage().arrayBuffers;
      const answer = await postRaw(gateway.url, ['Host: gateway', header], async (socket) => {
        for (let sent = 0; sent < 256; sent++) {
          await writeTo(socket, before);
          await writeTo(socket, blanks);
          await writeTo(socket, after);
        }
        if (after) await writeTo(socket, '0\r\n\r\n');
      });
      expect(answer.status).toBe(413);
      expect(memoryUsage().arrayBuffers - memory).toBeLessThan(128 * mebibyte);
    },
  );

  it('whose client goes away in the middle harms nobody', async () => {
    const half = postRaw(gateway.url, ['Host: gateway', 'Content-Length: 1000'], async (socket) => {
      await writeTo(socket, '{"query":');
      socket.resetAndDestroy();
    });
    await expect(half).rejects.toThrow(/close|reset/i);
    expect((await post(gateway, bodyOf(100))).status).toBe(200);
  });
});
