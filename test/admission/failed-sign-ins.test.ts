import { describe, expect, it } from 'vitest';
import { FailedSignIns, networkOf } from '../../src/admission/failed-sign-ins.ts';

const times = (count: number, act: () => void) => {
  for (let index = 0; index < count; index++) act();
};

describe('sign-ins that fail', () => {
  it('are bounded for each address, with a burst of a minute', () => {
    let now = 0;
    const limit = new FailedSignIns(0.5, () => now);
    times(30, () => limit.begin('192.0.2.1'));
    expect(() => limit.begin('192.0.2.1')).toThrow(
      expect.objectContaining({ code: 'RATE_LIMITED', retryAfterSeconds: 2 }),
    );
    limit.begin('192.0.2.2');
    now = 2000;
    limit.begin('192.0.2.1');
    expect(() => limit.begin('192.0.2.1')).toThrow('from your network');
  });

  it('do not count when they turn out well', () => {
    const limit = new FailedSignIns(0.01, () => 0);
    times(1000, () => {
      limit.begin('192.0.2.1');
      limit.pardon('192.0.2.1');
    });
    limit.begin('192.0.2.1');
    expect(() => limit.begin('192.0.2.1')).toThrow('from your network');
  });

  it('are not bounded where there is no limit', () => {
    const limit = new FailedSignIns(undefined);
    expect(() => times(100_000, () => limit.begin('192.0.2.1'))).not.toThrow();
  });
});

describe('the network of an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:0001:2::5', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['unknown', 'unknown'],
    ['', ''],
  ])('%s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
