import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { auditRows } from '../support/audit-rows.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import {
  ask,
  channelsOf,
  createChannel,
  createTenant,
  deliveriesOf,
  deliveryFields,
  refusalOf,
  revokeAKey,
  settledDeliveries,
  toThisMachine,
  type Asking,
  type Delivery,
} from './channels.ts';
import { startReceiver, verified, type Receiver } from './receiver.ts';

const tryMs = 1_000;

const resend = `mutation ($tenantId: ID, $id: ID!) { resendDelivery(tenantId: $tenantId, id: $id) { ${deliveryFields} } }`;
const test = `mutation ($tenantId: ID, $id: ID!) { testNotificationChannel(tenantId: $tenantId, id: $id) { ${deliveryFields} } }`;
const rotate = `mutation ($tenantId: ID, $id: ID!, $graceSeconds: Int) {
  rotateNotificationSecret(tenantId: $tenantId, id: $id, graceSeconds: $graceSeconds) { channel { id } secret } }`;

describeOnEachDatabase('sending', (kind) => {
  let gateway: TestGateway;
  let asking: Asking;
  let receiver: Receiver;
  let no = 0;
  beforeAll(async () => {
    gateway = await startTestGateway(kind, { config: { notifications: { ...toThisMachine, tryMs } } });
  });
  afterAll(() => gateway.close());
  beforeEach(async () => {
    asking = { gateway, tenantId: `tenant${++no}` };
    await createTenant(asking);
    receiver = await startReceiver();
  });

  const webhook = (url = receiver.url) => createChannel(asking, { url, events: ['KEY_REVOKED'] });
  const namesOf = (bodies: { body: string }[]) => bodies.map(({ body }) => JSON.parse(body).data.name);
  const statusesOf = (deliveries: Delivery[]) => deliveries.map(({ status }) => status);

  it('signs each try anew, under the same id, until one is taken', async () => {
    const { channel, secret } = await webhook();
    receiver.answer = (response) => response.writeHead(receiver.received.length <= 5 ? 500 : 200).end('{"ok":true}');
    const keyId = await revokeAKey(asking);
    const arrived = await receiver.until(6);
    for (const one of arrived) expect(verified(one, secret)).toMatchObject({ type: 'key.revoked', data: { keyId } });
    expect(new Set(arrived.map(({ body }) => body)).size).toBe(1);
    expect(new Set(arrived.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    const [delivery] = await settledDeliveries(asking, channel.id);
    expect(delivery).toMatchObject({
      id: arrived[0]?.headers['webhook-id'],
      event: 'KEY_REVOKED',
      status: 'DELIVERED',
      attempts: 6,
      nextAttemptAt: null,
      lastStatusCode: 200,
      lastError: null,
    });
    expect(Buffer.byteLength(arrived[0]?.body ?? '')).toBeLessThan(20_000);
  });

  it('waits for a receiver that is down, and then sends everything in order', async () => {
    const { port } = receiver;
    await receiver.close();
    const { channel, secret } = await webhook();
    const names = ['1', '2', '3', '4', '5'];
    for (const name of names) await revokeAKey(asking, name);
    await expect
      .poll(async () => (await deliveriesOf(asking, channel.id)).at(-1)?.lastError, { timeout: 30_000 })
      .toBe('The connection was refused.');
    const back = await startReceiver(port);
    expect(namesOf(await back.until(5))).toEqual(names);
    for (const one of back.received) verified(one, secret);
    expect(statusesOf(await settledDeliveries(asking, channel.id))).toEqual(names.map(() => 'DELIVERED'));
  });

  it('gives up waiting for an answer, and for the rest of one', async () => {
    const { channel } = await webhook();
    receiver.answer = async (response) => {
      if (receiver.received.length === 1) return;
      // The status counts, however long the rest takes.
      response.writeHead(200);
      for (let part = 0; part < 100 && !response.destroyed; part++) {
        response.write('x'.repeat(1000));
        await sleep(20);
      }
      response.end();
    };
    await revokeAKey(asking);
    await expect
      .poll(async () => (await deliveriesOf(asking, channel.id))[0]?.lastError, { timeout: 30_000, interval: 5 })
      .toBe('There was no answer within 1 s.');
    expect(await settledDeliveries(asking, channel.id)).toMatchObject([{ status: 'DELIVERED', attempts: 2 }]);
  });

  it('takes a redirect for a failure and does not follow it', async () => {
    const elsewhere = await startReceiver();
    const { channel } = await webhook();
    receiver.answer = (response) =>
      receiver.received.length > 2
        ? response.writeHead(202).end()
        : response.writeHead(307, { location: elsewhere.url }).end();
    await revokeAKey(asking);
    await receiver.until(1);
    await expect
      .poll(async () => (await deliveriesOf(asking, channel.id))[0], { timeout: 30_000, interval: 5 })
      .toMatchObject({ lastStatusCode: 307, lastError: expect.stringContaining('Redirects are not followed') });
    expect(await settledDeliveries(asking, channel.id)).toMatchObject([{ status: 'DELIVERED', lastStatusCode: 202 }]);
    expect(elsewhere.received).toEqual([]);
  });

  it('lets the others overtake what is never taken, which fails at last', async () => {
    const { channel } = await webhook();
    receiver.answer = (response, { body }) => response.writeHead(body.includes('Poison') ? 400 : 200).end();
    await revokeAKey(asking, 'Poison');
    for (const name of ['1', '2', '3']) await revokeAKey(asking, name);
    const settled = await settledDeliveries(asking, channel.id);
    expect(statusesOf(settled)).toEqual(['DELIVERED', 'DELIVERED', 'DELIVERED', 'FAILED']);
    expect(settled.at(-1)).toMatchObject({
      attempts: toThisMachine.retriesMs.length + 1,
      lastStatusCode: 400,
      lastError: 'The receiver answered with status 400.',
    });
    expect(namesOf(receiver.received).slice(0, 4)).toEqual(['Poison', 'Poison', 'Poison', 'Poison']);
  });

  it('switches a channel off whose receiver is gone', async () => {
    const { channel } = await webhook();
    receiver.answer = (response) => response.writeHead(410).end();
    await Promise.all(['1', '2', '3'].map((name) => revokeAKey(asking, name)));
    const settled = await settledDeliveries(asking, channel.id);
    expect(statusesOf(settled)).toEqual(['FAILED', 'FAILED', 'FAILED']);
    expect((await channelsOf(asking))[0]).toMatchObject({ id: channel.id, enabled: false });
    await revokeAKey(asking, '4');
    expect(await deliveriesOf(asking, channel.id)).toHaveLength(3);
    expect(await refusalOf(asking, test, { id: channel.id })).toEqual(['VALIDATION_ERROR', 'id']);
    expect(await refusalOf(asking, resend, { id: settled[0]?.id })).toEqual(['VALIDATION_ERROR', 'id']);
    expect((await deliveriesOf(asking, channel.id))[0]?.status).toBe('FAILED');
  });

  it('signs with both secrets after a rotation, for as long as it was told to', async () => {
    const { channel, secret: first } = await webhook();
    const turn = async (graceSeconds?: number) => {
      const { rotateNotificationSecret } = await ask<{ rotateNotificationSecret: { secret: string } }>(asking, rotate, {
        id: channel.id,
        ...(graceSeconds === undefined ? {} : { graceSeconds }),
      });
      return rotateNotificationSecret.secret;
    };
    const second = await turn();
    await revokeAKey(asking, '1');
    const [one] = await receiver.until(1);
    for (const secret of [first, second]) expect(one && verified(one, secret)).toMatchObject({ data: { name: '1' } });
    const third = await turn(3600);
    await revokeAKey(asking, '2');
    const two = (await receiver.until(2))[1];
    for (const secret of [second, third]) expect(two && verified(two, secret)).toMatchObject({ data: { name: '2' } });
    expect(() => two && verified(two, first)).toThrow('No matching signature found');
    const fourth = await turn(0);
    await revokeAKey(asking, '3');
    const three = (await receiver.until(3))[2];
    expect(three && verified(three, fourth)).toMatchObject({ data: { name: '3' } });
    expect(() => three && verified(three, third)).toThrow('No matching signature found');
    const acts = await auditRows(gateway, channel.id);
    expect(acts.map(({ action, details }) => [action, details['graceSeconds']])).toEqual([
      ['channel.create', undefined],
      ['channel.rotate', 86_400],
      ['channel.rotate', 3600],
      ['channel.rotate', 0],
    ]);
    for (const secret of [first, second, third, fourth]) expect(JSON.stringify(acts)).not.toContain(secret);
    for (const graceSeconds of [-1, 30 * 86_400 + 1])
      expect(await refusalOf(asking, rotate, { id: channel.id, graceSeconds })).toEqual([
        'VALIDATION_ERROR',
        'graceSeconds',
      ]);
    const slack = await createChannel(asking, { url: receiver.url, kind: 'SLACK' });
    expect(await refusalOf(asking, rotate, { id: slack.channel.id })).toEqual(['VALIDATION_ERROR', 'id']);
  });

  it('sends a delivery again when asked to, under its id', async () => {
    const { channel, secret } = await webhook();
    await revokeAKey(asking);
    const [first] = await settledDeliveries(asking, channel.id);
    const { resendDelivery } = await ask<{ resendDelivery: Delivery }>(asking, resend, { id: first?.id });
    expect(resendDelivery).toMatchObject({ id: first?.id, status: 'PENDING', attempts: 0, lastStatusCode: null });
    const arrived = await receiver.until(2);
    expect(arrived.map(({ headers }) => headers['webhook-id'])).toEqual([first?.id, first?.id]);
    expect(arrived.map((one) => verified(one, secret).data['name'])).toEqual(['Key', 'Key']);
    expect(await settledDeliveries(asking, channel.id)).toMatchObject([{ status: 'DELIVERED', attempts: 1 }]);
    for (const id of ['none', 'a\0b']) expect(await refusalOf(asking, resend, { id })).toEqual(['NOT_FOUND', 'id']);
    expect((await auditRows(gateway, first?.id)).map(({ action }) => action)).toEqual(['delivery.resend']);
  });

  it('tests a channel once, before what waits for it', async () => {
    const { channel, secret } = await createChannel(asking, {
      url: receiver.url,
      events: ['UNPRICED_CALLS', 'KEY_REVOKED'],
    });
    receiver.answer = (response, { body }) => response.writeHead(body.includes('channel.test') ? 503 : 200).end();
    const { testNotificationChannel } = await ask<{ testNotificationChannel: Delivery }>(asking, test, {
      id: channel.id,
    });
    expect(testNotificationChannel).toMatchObject({ status: 'PENDING', event: 'UNPRICED_CALLS', attempts: 0 });
    const [arrived] = await receiver.until(1);
    expect(arrived && verified(arrived, secret)).toMatchObject({ type: 'channel.test', data: { name: 'Channel' } });
    expect(await settledDeliveries(asking, channel.id)).toMatchObject([
      { id: testNotificationChannel.id, status: 'FAILED', attempts: 1, lastStatusCode: 503 },
    ]);
    expect(await refusalOf(asking, test, { id: 'none' })).toEqual(['NOT_FOUND', 'id']);
    expect((await auditRows(gateway, channel.id)).map(({ action }) => action)).toEqual([
      'channel.create',
      'channel.test',
    ]);
  });

  it('tells Slack in a sentence, without a signature', async () => {
    const { channel } = await createChannel(asking, { url: receiver.url, kind: 'SLACK', events: ['KEY_REVOKED'] });
    const keyId = await revokeAKey(asking, 'A <b> & c');
    const [arrived] = await receiver.until(1);
    const { text } = JSON.parse(arrived?.body ?? '');
    expect(text).toMatch(`The API key *A &lt;b&gt; &amp; c* (${keyId}) was revoked by `);
    expect(arrived?.headers['webhook-signature']).toBe(undefined);
    await ask(asking, test, { id: channel.id });
    expect(JSON.parse((await receiver.until(2))[1]?.body ?? '')).toEqual({
      text: 'This is a test of the channel Channel.',
    });
  });

  it('is not held up by receivers of others that never answer', async () => {
    receiver.answer = () => {};
    for (let count = 0; count < 6; count++) await webhook();
    await revokeAKey(asking);
    await receiver.until(1);
    const other = { gateway, tenantId: `quick${no}` };
    await createTenant(other);
    const quick = await startReceiver();
    const { channel } = await createChannel(other, { url: quick.url, events: ['KEY_REVOKED'] });
    for (const name of ['1', '2', '3']) await revokeAKey(other, name);
    expect(namesOf(await quick.until(3))).toEqual(['1', '2', '3']);
    expect(await settledDeliveries(other, channel.id)).toMatchObject([
      { attempts: 1 },
      { attempts: 1 },
      { attempts: 1 },
    ]);
  });
});
