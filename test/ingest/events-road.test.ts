import { hash } from 'node:crypto';
import { CloudEvent, HTTP } from 'cloudevents';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { sendTo } from './send-to.ts';
import { storedCalls } from './stored-calls.ts';

const data = { provider: 'openai', model: 'gpt-5', inputTokens: 10, outputTokens: 5 };
const json = 'application/cloudevents+json';
const batch = 'application/cloudevents-batch+json';
const keyOf = (source: string, id: string) => `ce:${hash('sha256', JSON.stringify([source, id]), 'base64url')}`;

describe('POST /v1/events', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway('embedded');
  });
  afterAll(() => gateway.close());

  const event = (id: string, more: object = {}) => ({
    specversion: '1.0',
    id,
    source: '/bots/1',
    type: 'llm.call',
    time: '2026-04-15T12:30:00Z',
    data,
    ...more,
  });
  const send = (body: unknown, type: string, headers = {}) =>
    sendTo(gateway, '/v1/events', JSON.stringify(body), { 'content-type': type, ...headers });

  it('records a single event, once however it is sent', async () => {
    const { json: first } = await send(event('1'), `${json}; charset=utf-8`);
    expect(first).toMatchObject({ recorded: 1, results: [{ outcome: 'RECORDED', requestId: keyOf('/bots/1', '1') }] });
    const { json: again } = await send([event('1'), event('1', { source: '/bots/2' })], batch);
    expect(again).toMatchObject({ recorded: 1, duplicates: 1 });
    const { headers, body } = HTTP.binary(new CloudEvent(event('1')));
    const binary = await sendTo(gateway, '/v1/events', String(body), headers as Record<string, string>);
    expect(binary.json).toMatchObject({ duplicates: 1 });
    const stored = await storedCalls(gateway, 'acme');
    expect(stored.find(({ requestId }) => requestId === keyOf('/bots/1', '1'))).toMatchObject({
      occurredAt: '2026-04-15T12:30:00.000Z',
      inputTokens: 10,
    });
  });

  it('leaves the key and the time to the data where it has them', async () => {
    const own = { ...data, requestId: 'own', occurredAt: '2026-04-16T00:00:00Z' };
    const { json: answer } = await send(event('own', { data: own }), json, { 'x-tenant-id': 'keys' });
    expect(answer.results).toMatchObject([{ requestId: 'own' }]);
    const [stored] = await storedCalls(gateway, 'keys');
    expect(stored).toMatchObject({ occurredAt: '2026-04-16T00:00:00.000Z' });
  });

  it('reads percent-encoded headers, data in base64 and extensions', async () => {
    const headers = {
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': 'd%C3%BCne',
      'ce-source': '/b%2520c',
      'ce-type': 't',
      'ce-traceparent': '00-1',
    };
    const { json: binary } = await sendTo(gateway, '/v1/events', JSON.stringify(data), headers);
    expect(binary.results).toMatchObject([{ outcome: 'RECORDED', requestId: keyOf('/b%20c', 'düne') }]);
    // As senders write it that do not encode the percent sign.
    const plain = await sendTo(gateway, '/v1/events', JSON.stringify(data), { ...headers, 'ce-source': '/b%20c' });
    expect(plain.json).toMatchObject({ duplicates: 1 });
    const encoded = { data: undefined, data_base64: Buffer.from(JSON.stringify(data)).toString('base64') };
    expect((await send(event('base64', encoded), json)).json).toMatchObject({ recorded: 1 });
  });

  it('rejects what is no event or no call one by one', async () => {
    const events = [
      event('good'),
      event('', {}),
      event('a', { specversion: '0.3' }),
      event('b', { data: 'text' }),
      event('c', { data: { ...data, inputTokens: -1 } }),
      event('d', { datacontenttype: 'application/xml' }),
      { ...event('e'), Wrong_name: 1 },
      event('f', { time: 'yesterday' }),
      7,
    ];
    const { status, json: answer } = await send(events, batch);
    expect(status).toBe(200);
    expect(answer).toMatchObject({ recorded: 1, rejected: 8 });
    expect(answer.results?.map(({ error }) => error?.field ?? null)).toEqual([
      null,
      'id',
      'specversion',
      'data',
      'inputTokens',
      'datacontenttype',
      null,
      null,
      null,
    ]);
  });

  it('takes more than 1,000 events, and 64 KiB of one', async () => {
    const many = Array.from({ length: 1500 }, (_, no) => event(`m${no}`));
    expect((await send(many, batch)).json).toMatchObject({ recorded: 1500 });
    const large = event('large', { subject: 'x'.repeat(64 * 1024) });
    expect((await send(large, json)).json).toMatchObject({ recorded: 1 });
  });

  it('refuses what is no CloudEvent at all', async () => {
    expect(await send(event('x'), 'application/json')).toMatchObject({ status: 415 });
    expect(await send(event('x'), batch)).toMatchObject({ status: 400, json: { code: 'VALIDATION_ERROR' } });
    const broken = await sendTo(gateway, '/v1/events', '{', { 'content-type': json });
    expect(broken).toMatchObject({ status: 400, json: { code: 'VALIDATION_ERROR' } });
  });
});
