import { readFileSync } from 'node:fs';

// Loaded into a gateway before its own modules: its clock is ahead by what a file says, which may change while it runs.
// The monotonic clock and timers are left alone, as they are when a machine's clock is set.

const file = process.env['SIMULATED_CLOCK'];
const lookEveryMs = 50;

if (file !== undefined) {
  let aheadMs = 0;
  const look = () => {
    try {
      aheadMs = Number(readFileSync(file, 'utf8')) || 0;
    } catch {
      // It is being written, or gone with its folder: the clock goes on as it was.
    }
  };
  look();
  setInterval(look, lookEveryMs).unref();
  const RealDate = Date;
  const now = () => RealDate.now() + aheadMs;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, values, newTarget) =>
      Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget),
    apply: () => new RealDate(now()).toString(),
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  });
}
