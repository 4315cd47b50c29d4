import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

describe('the address of a request', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway('embedded');
  });
  afterAll(() => gateway.close());

  /** Everything that is answered to a request line and headers, until the connection ends. */
  async function answerTo(...lines: string[]): Promise<string> {
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.write([...lines, 'Connection: close', '', ''].join('\r\n'));
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    return text;
  }
  const query = 'query=%7B__typename%7D';

  it('is the path of its request line', async () => {
    expect(await answerTo(`GET /graphql?${query} HTTP/1.1`, 'Host: gateway:4000')).toMatch(/^HTTP\/1\.1 200 /);
    expect(await answerTo(`GET /graphql?${query} HTTP/1.1`, 'Host: [::1]:4000')).toMatch(/^HTTP\/1\.1 200 /);
    expect(await answerTo('GET /nothing HTTP/1.1', 'Host: gateway')).toMatch(/^HTTP\/1\.1 404 /);
  });

  it.each([
    [`/nothing`, `x/graphql?${query}`],
    [`/nothing`, `x/graphql?${query}#`],
    [`/nothing`, `user@x/graphql?${query}`],
    [`/nothing`, `x:80/graphql?${query}&`],
    [`/nothing`, `x\\graphql?${query}`],
    [`/nothing`, `x\t/graphql?${query}`],
    [`/nothing?${query}`, 'x/graphql#'],
    [`/nothing`, 'x?'],
    [`//evil/graphql?${query}`, 'gateway'],
    [`/\\evil/graphql?${query}`, 'gateway'],
    [`\\graphql?${query}`, 'gateway'],
    [`http://evil/graphql?${query}`, 'gateway'],
    [`graphql?${query}`, 'gateway'],
    [`*`, 'gateway'],
    [`/graphql?${query}`, ''],
  ])('%s with the host %j is refused', async (target, host) => {
    const answer = await answerTo(`GET ${target} HTTP/1.1`, `Host: ${host}`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).not.toContain('__typename');
  });

  it.each(['/%67raphql', '/graphql/', '/graphql%2f', '/x/../graphql%00', '/GRAPHQL'])(
    '%s leads nowhere',
    async (path) => {
      expect(await answerTo(`GET ${path}?${query} HTTP/1.1`, 'Host: gateway')).not.toContain('"Query"');
    },
  );

  it('with two hosts is refused', async () => {
    const answer = await answerTo(`GET /nothing HTTP/1.1`, 'Host: gateway', `Host: x/graphql?${query}`);
    expect(answer).not.toContain('"Query"');
  });
});
