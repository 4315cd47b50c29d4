import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { TestGateway } from '../../support/gateway.ts';

const axe = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

export interface OpenDashboard {
  page: Page;
  /** What the browser complained of: errors in scripts, and whatever the content security policy refused. */
  complaints: string[];
  /** Every address that was asked for. */
  requested: string[];
  signIn: (key: string) => Promise<void>;
  /** Opens a page of the dashboard by its address after "#/" and waits until everything on it is there. */
  open: (address: string) => Promise<void>;
  settled: () => Promise<void>;
}

/** The dashboard in a tab of its own. */
export async function openDashboard(
  browser: Browser,
  gateway: TestGateway,
  options: BrowserContextOptions = {},
): Promise<OpenDashboard> {
  const context = await browser.newContext({ locale: 'en-US', timezoneId: 'Asia/Tokyo', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const complaints: string[] = [];
  const requested: string[] = [];
  context.on('request', (request) => requested.push(request.url()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  await page.goto(`${gateway.url}/`);
  const settled = async () => {
    await page.locator('h1').waitFor();
    // A change of the address is drawn a moment later.
    await page.waitForTimeout(50);
    await page.locator('[aria-busy=true], p[role=status]:has-text("Loading")').first().waitFor({ state: 'detached' });
  };
  return {
    page,
    complaints,
    requested,
    settled,
    async signIn(key) {
      await page.getByLabel('API key').fill(key);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('button', { name: 'Sign out' }).waitFor();
      await settled();
    },
    async open(address) {
      await page.evaluate((hash) => {
        location.hash = hash;
      }, `#/${address}`);
      await settled();
    },
  };
}

/** Fails on anything that axe calls serious or critical. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axe);
  const violations: { id: string; impact: string; nodes: { html: string }[] }[] = await page.evaluate(
    'axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html }) => ({ html })) })))',
  );
  expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
}
