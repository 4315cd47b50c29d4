import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import { describe, it } from 'vitest';

const places = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A suite in a real browser. Without one it is skipped with the reason in its name, and fails in CI. */
export function describeInChromium(name: string, define: (launch: () => Promise<Browser>) => void): void {
  const executablePath = places.find((place) => place !== undefined && place !== '' && existsSync(place));
  if (executablePath !== undefined) {
    describe(name, () => define(() => chromium.launch({ executablePath, args })));
    return;
  }
  const reason = 'there is no Chromium; name one in CHROMIUM_PATH';
  if (process.env['CI'])
    describe(name, () => {
      it('needs a browser', () => {
        throw new Error(reason);
      });
    });
  else {
    process.stderr.write(`\n${'!'.repeat(100)}\nLEFT OUT: ${name}: ${reason}.\n${'!'.repeat(100)}\n`);
    describe.skip(`${name} (left out: ${reason})`, () => define(() => Promise.reject(new Error(reason))));
  }
}
