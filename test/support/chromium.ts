import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import { describe } from 'vitest';

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

/**
 * A suite in a real browser; without one it is skipped with the reason in its name.
 * @throws in CI, where nothing may be left out.
 */
export function describeInChromium(name: string, define: (launch: () => Promise<Browser>) => void): void {
  const executablePath = places.find((place) => place && existsSync(place));
  const reason = executablePath ? undefined : 'there is no Chromium; name one in CHROMIUM_PATH';
  if (reason && process.env['CI']) throw new Error(`${name}: ${reason}`);
  if (reason) process.stderr.write(leftOut(name, reason));
  describe.skipIf(reason)(`${name}${reason ? ` (left out: ${reason})` : ''}`, () => {
    define(() => chromium.launch({ ...(executablePath ? { executablePath } : {}), args }));
  });
}

const leftOut = (name: string, reason: string) => `
${'!'.repeat(100)}
LEFT OUT: ${name}: ${reason}.
${'!'.repeat(100)}
`;
