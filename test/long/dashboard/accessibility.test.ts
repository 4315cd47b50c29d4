import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeInChromium } from '../../support/chromium.ts';
import { superuserKey } from '../../support/gateway.ts';
import { startDemoGateway, type DemoGateway } from './demo-gateway.ts';
import { expectAccessible, openDashboard, type OpenDashboard } from './open-dashboard.ts';

const period = 'tenant=acme&period=LAST_7_DAYS';
const pages = [
  `overview?${period}`,
  `explore?${period}&by=MODEL&by=tag:team`,
  `explore?${period}&view=table&filter=MODEL%3Dgpt-5`,
  `calls?${period}`,
  'agents?tenant=acme',
  'statement?tenant=acme',
  'statement?tenant=acme&of=all&by=tag:team',
  'prices?tenant=acme',
  'access?tenant=acme',
  'notifications?tenant=acme',
  'audit?tenant=acme',
  'tenants?tenant=acme',
];

describeInChromium('the dashboard for everybody', (launch) => {
  let demo: DemoGateway;
  let browser: Browser;
  beforeAll(async () => {
    demo = await startDemoGateway();
    browser = await launch();
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await demo.gateway.close();
  });

  describe.each(['light', 'dark'] as const)('in %s colours', (colorScheme) => {
    let dashboard: OpenDashboard;
    beforeAll(async () => {
      dashboard = await openDashboard(browser, demo.gateway, { colorScheme });
      await dashboard.signIn(superuserKey);
    });
    afterAll(() => dashboard.page.context().close());

    it.each(pages)('has nothing serious for axe to find on %s', async (address) => {
      await dashboard.open(address);
      await expectAccessible(dashboard.page);
    });

    it('has nothing serious for axe to find on a call and in a form', async () => {
      await dashboard.open(`calls?${period}&call=${demo.callsOf(6, 0)[0]?.requestId}`);
      await expectAccessible(dashboard.page);
      await dashboard.page.getByRole('button', { name: 'Void this call' }).click();
      await expectAccessible(dashboard.page);
    });
  });

  it.each([360, 768, 2560])('fits into %d pixels', async (width) => {
    const dashboard = await openDashboard(browser, demo.gateway, { viewport: { width, height: 800 } });
    await dashboard.signIn(superuserKey);
    const widths: Record<string, unknown> = {};
    for (const address of pages) {
      await dashboard.open(address);
      widths[address] = await dashboard.page.evaluate('document.documentElement.scrollWidth');
    }
    expect(widths).toEqual(Object.fromEntries(pages.map((address) => [address, width])));
    await dashboard.page.context().close();
  });

  it('can be used with the keyboard alone', async () => {
    const { page } = await openDashboard(browser, demo.gateway);
    // The browser moves the focus to the field with the first picture, which may come after the page has loaded.
    await expect.poll(() => page.evaluate('document.activeElement.name')).toBe('key');
    await page.keyboard.type(superuserKey);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('content');

    await page.getByRole('link', { name: 'Agents and budgets' }).focus();
    await page.keyboard.press('Enter');
    const button = page.getByRole('button', { name: 'Register an agent' });
    await button.waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('content');
    await button.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Register an agent');
    await page.context().close();
  });
});
