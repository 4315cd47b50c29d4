import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen, type HttpServer } from '../../src/server.ts';

const answerMs = 200;

describe('a server that closes', () => {
  let server: HttpServer;
  let agent: Agent;
  beforeEach(async () => {
    agent = new Agent({ keepAlive: true, maxSockets: 1 });
    server = await listen((_request, response) => setTimeout(() => response.end('answer'), answerMs), '127.0.0.1', 0);
  });
  afterEach(() => agent.destroy());

  const ask = async () => {
    const [response]: IncomingMessage[] = await once(get(server.url, { agent }), 'response');
    return Buffer.concat((await response?.toArray()) ?? []).toString();
  };

  it('answers what it was asked, and does not wait for connections that are kept', async () => {
    const asked = ask();
    await sleep(answerMs / 2);
    const closed = server.close();
    expect(await asked).toBe('answer');
    await closed;
  });

  it('does not wait for a client that keeps asking', async () => {
    const asking = (async () => {
      for (let answers = 0; ; answers++) if ((await ask().catch(() => undefined)) === undefined) return answers;
    })();
    await sleep(answerMs * 1.5);
    await server.close();
    expect(await asking).toBeGreaterThan(1);
  });

  it('does not wait for connections that ask nothing', async () => {
    const { hostname, port } = new URL(server.url);
    const silent = connect(Number(port), hostname);
    const slow = connect(Number(port), hostname);
    await Promise.all([once(silent, 'connect'), once(slow, 'connect')]);
    slow.write('GET / HTTP/1.1\r\nHost: ');
    await sleep(100);
    await Promise.all([server.close(), once(silent, 'close'), once(slow, 'close').catch(() => undefined)]);
    expect(silent.destroyed).toBe(true);
  });

  it('answers on while it drains, is not ready, and resets no connection that is kept', async () => {
    const first = await ask();
    const closed = server.close({ drainMs: 600 });
    const ready = await fetch(`${server.url}/health/ready`);
    expect([ready.status, ready.headers.get('connection')]).toEqual([503, 'close']);
    const others = await Promise.all([ask(), fetch(server.url).then((response) => response.text())]);
    expect([first, ...others]).toEqual(['answer', 'answer', 'answer']);
    await closed;
    await expect(ask()).rejects.toThrow('ECONNREFUSED');
  });

  it('takes no more connections', async () => {
    await server.close();
    await expect(ask()).rejects.toThrow('ECONNREFUSED');
  });
});
