import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { LiveStream, type LiveAnswer } from '../../src/live/live-stream.ts';
import { signals } from '../../src/telemetry/signals.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { subscribe } from '../support/subscription.ts';

const answer = (text: string): LiveAnswer => ({ text });

describe('a stream', () => {
  it('holds the latest answer alone for a reader that takes none', async () => {
    const stream = new LiveStream();
    for (let no = 0; no < 1000; no++) {
      stream.offer(answer(String(no)));
      expect(stream.held).toBe(1);
    }
    expect(await stream.next()).toEqual({ done: false, value: answer('999') });
    expect(stream.held).toBe(0);
  });

  it('holds so many events in order, and refuses more', async () => {
    const stream = new LiveStream();
    const taken = Array.from({ length: 5 }, (_, no) => stream.add(answer(String(no)), 3));
    expect(taken).toEqual([true, true, true, false, false]);
    stream.end();
    const texts: string[] = [];
    for await (const { text } of stream) texts.push(text);
    expect(texts).toEqual(['0', '1', '2']);
  });

  it('ends with an error in place of what was not taken, also for a reader that waits', async () => {
    const untaken = new LiveStream();
    untaken.offer(answer('report'));
    untaken.end(answer('error'));
    expect([await untaken.next(), await untaken.next()]).toEqual([
      { done: false, value: answer('error') },
      { done: true, value: undefined },
    ]);
    const waiting = new LiveStream();
    const next = waiting.next();
    await waiting.return();
    expect(await next).toEqual({ done: true, value: undefined });
    waiting.offer(answer('late'));
    expect(waiting.held).toBe(0);
  });
});

describeOnEachDatabase('a reader that does not read', (kind) => {
  let gateway: TestGateway;
  let made = 0;
  let stop: () => void;
  beforeAll(async () => {
    gateway = await startTestGateway(kind, { folding: false });
    await gateway.send('mutation { createTenant(input: { id: "acme", name: "Acme" }) { id } }');
    stop = signals.liveAnswer.on(() => made++);
  });
  afterAll(async () => {
    stop();
    await gateway?.close();
  });

  it('has no reports made for it, and reads the latest one when it reads on', async () => {
    interface Updates {
      usageUpdates: { totals: { totalCalls: number } };
    }
    // Half a megabyte each.
    const from = new Date(Date.now() - 4_000 * 60_000).toISOString();
    const stream = await subscribe<Updates>(
      gateway,
      `subscription { usageUpdates(tenantId: "acme", from: "${from}", bucket: MINUTE, everyMs: 250) {
         totals { totalCalls } buckets { ts end localStart stats { totalCalls totalTokens } } } }`,
    );
    await stream.data();
    stream.pause();
    let calls = 0;
    const record = async () => {
      const { errors } = await gateway.send(
        'mutation { recordUsage(input: { tenantId: "acme", inputTokens: 1, outputTokens: 1 }) { outcome } }',
      );
      expect(errors).toEqual([]);
      calls++;
    };
    // What fits between the two is made; then no more, although the ledger goes on changing.
    let quietFor = 0;
    for (let before = made; quietFor < 20; before = made) {
      await record();
      await new Promise((resolve) => setTimeout(resolve, 250));
      quietFor = made === before ? quietFor + 1 : 0;
    }
    const held = made;
    await record();
    stream.resume();
    let received = 1;
    for (let seen = 0; seen < calls; received++) seen = (await stream.data()).usageUpdates.totals.totalCalls;
    // The reports that were on the way, and the latest one.
    expect(received).toBeLessThanOrEqual(held + 2);
    await vi.waitFor(() => expect(stream.waiting()).toEqual([]));
    stream.close();
  });
});
