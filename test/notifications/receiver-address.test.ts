import { createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { post, type Answer } from '../../src/notifications/post.ts';
import { ReceiverAddresses, type Resolve } from '../../src/notifications/receiver-address.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway } from '../support/gateway.ts';
import { createChannel, createTenant, deliveriesOf, revokeAKey, settledDeliveries, toThisMachine } from './channels.ts';
import { startReceiver } from './receiver.ts';

const refused = 'The host has a private or reserved address, and NOTIFICATION_NETWORKS does not allow it.';

/** A resolver that answers each question with the next of some addresses, the last one for ever, and counts. */
function resolving(...answers: string[][]): { resolve: Resolve; asked: string[] } {
  const asked: string[] = [];
  const resolve: Resolve = async (hostname) => {
    const addresses = answers[Math.min(asked.length, answers.length - 1)] ?? [];
    asked.push(hostname);
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
  return { resolve, asked };
}

const send = (url: string, addresses: ReceiverAddresses, timeoutMs = 2_000): Promise<Answer> =>
  post(url, { headers: {}, body: '{}' }, { addresses, timeoutMs, signal: new AbortController().signal });

describe('addresses', () => {
  const addresses = new ReceiverAddresses([]);

  it.each(['1.1.1.1', '8.8.8.8', '172.32.0.1', '2606:4700::1111', '2a00:1450:4001::8a', '::ffff:8.8.8.8'])(
    'on the Internet are allowed: %s',
    (address) => {
      expect(addresses.isAllowed(address)).toBe(true);
    },
  );

  it.each([
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.8',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::7f00:1',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '::ffff:0:10.0.0.1',
    '64:ff9b::10.0.0.1',
    '64:ff9b::8.8.8.8',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:0a00:0001::1',
    '4000::1',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    'localhost',
    '',
  ])('of other kinds are refused: %s', (address) => {
    expect(addresses.isAllowed(address)).toBe(false);
  });

  it('are allowed in networks that an operator names, in either notation', () => {
    const own = new ReceiverAddresses(['10.1.0.0/16', 'fd00::/8', '64:ff9b::/96']);
    const allowed = ['10.1.255.1', '::ffff:10.1.0.1', 'fd12::1', '64:ff9b::8.8.8.8', '8.8.8.8'];
    const others = ['10.2.0.1', '127.0.0.1', 'fc00::1', '::ffff:10.2.0.1'];
    expect(allowed.filter((address) => !own.isAllowed(address))).toEqual([]);
    expect(others.filter((address) => own.isAllowed(address))).toEqual([]);
  });
});

describe('a message', () => {
  it('goes to the address that was checked, whatever the name has a moment later', async () => {
    const receiver = await startReceiver();
    const { resolve, asked } = resolving(['127.0.0.1'], ['10.255.255.1'], ['127.0.0.1', '10.255.255.1']);
    const addresses = new ReceiverAddresses(['127.0.0.0/8'], resolve);
    const url = `http://rebinding.example.com:${receiver.port}/x`;
    expect(await send(url, addresses)).toEqual({ status: 204 });
    // Asked once for a try: nothing resolves the name again between the check and the connection.
    expect(asked).toEqual(['rebinding.example.com']);
    expect(receiver.received).toHaveLength(1);
    expect(receiver.received[0]?.headers.host).toBe(`rebinding.example.com:${receiver.port}`);
    // The next tries check anew, and one refused address of several is one too many.
    for (const _ of [1, 2]) expect(await send(url, addresses)).toEqual({ error: refused });
    expect(receiver.received).toHaveLength(1);
  });

  it.each([
    ['private', '192.168.0.1'],
    ['of the machine itself', '127.0.0.1'],
    ['link-local', '169.254.169.254'],
    ['IPv4-mapped', '::ffff:127.0.0.1'],
    ['of NAT64', '64:ff9b::7f00:1'],
    ['unique-local', 'fd00::1'],
  ])('goes to no name with an address that is %s', async (_kind, address) => {
    const { resolve } = resolving([address]);
    expect(await send('http://internal.example.com/x', new ReceiverAddresses([], resolve))).toEqual({ error: refused });
  });

  it.each(['http://127.0.0.1/', 'http://[::1]/', 'http://[::ffff:7f00:1]/', 'http://0/', 'https://169.254.169.254/'])(
    'goes to no such address that is written out: %s',
    async (url) => {
      expect(await send(url, new ReceiverAddresses([]))).toEqual({ error: refused });
    },
  );

  it('fails in words where the other side is no receiver', async () => {
    const notHttp = (socket: Socket) => socket.end('SSH-2.0-OpenSSH_9.0\r\n');
    const cases: [scheme: string, answer: (socket: Socket) => unknown, error: string][] = [
      ['http', notHttp, 'The answer was not one of HTTP.'],
      ['https', notHttp, 'No encrypted connection could be made (EPROTO).'],
      ['http', (socket) => socket.destroy(), 'The connection was closed before an answer.'],
      ['http', (socket) => socket.write('HTTP/1.1 2'), 'There was no answer within 0.5 s.'],
    ];
    const addresses = new ReceiverAddresses(['127.0.0.0/8']);
    for (const [scheme, answer, error] of cases) {
      const server = createServer((socket) => socket.on('error', () => {}).once('data', () => answer(socket)));
      onTestFinished(() => void server.close());
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : 0;
      expect(await send(`${scheme}://127.0.0.1:${port}/`, addresses, 500)).toEqual({ error });
    }
    const { resolve } = resolving();
    const nowhere: Resolve = (name) =>
      resolve(name).then(() => Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' })));
    expect(await send('http://nowhere.example.com/', new ReceiverAddresses([], nowhere))).toEqual({
      error: 'The host name could not be resolved.',
    });
  });

  it('ends when it is told to', async () => {
    const receiver = await startReceiver();
    receiver.answer = () => {};
    const ending = new AbortController();
    const addresses = new ReceiverAddresses(['127.0.0.0/8']);
    const sent = post(
      receiver.url,
      { headers: {}, body: '{}' },
      { addresses, timeoutMs: 60_000, signal: ending.signal },
    );
    await receiver.until(1);
    ending.abort(new Error('The gateway ends.'));
    await expect(sent).rejects.toThrow('The gateway ends.');
  });
});

describeOnEachDatabase('a gateway', (kind) => {
  it('sends to no private address by a name, nor unencrypted, unless its settings say so', async () => {
    const gateway = await startTestGateway(kind, {
      folding: false,
      notifying: true,
      config: { notifications: { ...toThisMachine, networks: [], plainHttp: false, retriesMs: [] } },
    });
    onTestFinished(() => gateway.close());
    const asking = { gateway, tenantId: 'acme' };
    await createTenant(asking);
    const receiver = await startReceiver();
    const events = ['KEY_REVOKED'];
    const { channel } = await createChannel(asking, { url: `https://localhost:${receiver.port}/`, events });
    const plain = await createChannel(asking, { url: 'https://changed.example.com/', events });
    await gateway.database.orm.em
      .fork()
      .execute(`update notification_channel set url = '${receiver.url}' where channel_id = '${plain.channel.id}'`);
    await revokeAKey(asking);
    expect(await settledDeliveries(asking, channel.id)).toMatchObject([{ status: 'FAILED', lastError: refused }]);
    await settledDeliveries(asking, plain.channel.id);
    expect((await deliveriesOf(asking, plain.channel.id))[0]?.lastError).toContain('NOTIFICATION_HTTP');
    expect(receiver.received).toEqual([]);
  });
});
