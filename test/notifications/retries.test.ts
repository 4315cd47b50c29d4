import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge } from '../../src/notifications/send-to-channel.ts';
import { loadConfig } from '../../src/settings/config.ts';

const { notifications: config } = loadConfig({});
const now = new Date('2026-04-15T12:00:00Z');
const hourMs = 3_600_000;

describe('retries', () => {
  it('go on for about three days', () => {
    const hours = config.retriesMs.reduce((sum, pause) => sum + pause, 0) / hourMs;
    expect(hours).toBeGreaterThan(72);
    expect(hours).toBeLessThan(80);
  });

  it('come after the pause of the try, a fifth more or less, until there is none', () => {
    const answers = fc.oneof(
      fc.constant({ error: 'The connection was refused.' }),
      fc
        .integer({ min: 300, max: 599 })
        .filter((status) => status !== 410)
        .map((status) => ({ status })),
    );
    fc.assert(
      fc.property(answers, fc.nat({ max: 20 }), (answer, attempts) => {
        const { status, nextAttemptAt, error } = judge(answer, { attempts, test: false }, config, now);
        const pause = config.retriesMs[attempts];
        expect(error).toMatch(/\.$/);
        expect(status).toBe(pause === undefined ? 'FAILED' : 'PENDING');
        const waits = nextAttemptAt ? nextAttemptAt.getTime() - now.getTime() : 0;
        expect(Math.abs(waits - (pause ?? 0))).toBeLessThanOrEqual((pause ?? 0) * 0.2 + 1);
      }),
    );
  });

  it('follow neither success, nor a test, nor a receiver that is gone', () => {
    const of = (status: number, test = false) => judge({ status }, { attempts: 0, test }, config, now);
    for (const status of [200, 204, 299])
      expect(of(status)).toEqual({ status: 'DELIVERED', nextAttemptAt: null, statusCode: status, error: null });
    expect(of(500, true)).toMatchObject({ status: 'FAILED', nextAttemptAt: null });
    expect(of(410)).toMatchObject({ status: 'FAILED', nextAttemptAt: null });
  });
});
