import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildDashboard } from '../../../src/web/dashboard/build.ts';
import { describeInChromium } from '../../support/chromium.ts';
import { startTestGateway, superuserKey, type TestGateway } from '../../support/gateway.ts';
import { expectAccessible, openDashboard } from './open-dashboard.ts';

describeInChromium('signing in to the dashboard', (launch) => {
  let gateway: TestGateway;
  let browser: Browser;
  beforeAll(async () => {
    await buildDashboard();
    gateway = await startTestGateway('embedded');
    browser = await launch();
  });
  afterAll(async () => {
    await browser.close();
    await gateway.close();
  });

  const stored = 'JSON.stringify([localStorage, sessionStorage, document.cookie, location.href])';

  it('says what is wrong with a key, and keeps none that is', async () => {
    const { page } = await openDashboard(browser, gateway);
    await expectAccessible(page);
    await page.getByLabel('API key').fill('not-a-key');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    expect(await page.evaluate(stored)).not.toContain('not-a-key');
    await expectAccessible(page);
    await page.context().close();
  });

  it('keeps the key for the tab alone, and forgets it on signing out', async () => {
    const { page, signIn, complaints, requested } = await openDashboard(browser, gateway);
    await signIn(superuserKey);
    expect(await page.evaluate('JSON.stringify(sessionStorage)')).toContain(superuserKey);
    expect(await page.evaluate('JSON.stringify([localStorage, document.cookie, location.href])')).not.toContain(
      superuserKey,
    );
    await page.reload();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();

    const another = await page.context().newPage();
    await another.goto(`${gateway.url}/`);
    await another.getByLabel('API key').waitFor();
    await another.close();

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API key').waitFor();
    expect(await page.evaluate(stored)).not.toContain(superuserKey);
    await page.reload();
    await page.getByLabel('API key').waitFor();
    expect(complaints).toEqual([]);
    expect(requested.filter((url) => !url.startsWith(`${gateway.url}/`) && !url.startsWith('data:'))).toEqual([]);
    await page.context().close();
  });

  it('explains how to record the first call where there is no tenant', async () => {
    const { page, signIn } = await openDashboard(browser, gateway);
    await signIn(superuserKey);
    await expect.poll(() => page.getByText('There is no tenant yet').count()).toBe(1);
    await expectAccessible(page);
    const command = (await page.locator('pre').textContent()) ?? '';
    await promisify(execFile)('sh', ['-c', command], { env: { ...process.env, USAGE_GATEWAY_KEY: superuserKey } });
    await page.reload();
    await expect.poll(() => page.locator('.tiles data[value="1550"]').count()).toBe(1);
    await page.context().close();
  });

  it('says that the gateway cannot be reached, and tries again', async () => {
    const { page, signIn, open } = await openDashboard(browser, gateway);
    await signIn(superuserKey);
    await page.route('**/graphql', (route) => route.abort());
    await open('prices');
    const alert = page.getByRole('alert').first();
    await expect.poll(() => alert.textContent()).toContain('The gateway cannot be reached.');
    await page.unroute('**/graphql');
    const buttons = page.getByRole('button', { name: 'Try again' });
    while (await buttons.count()) await buttons.first().click();
    await page.getByRole('table', { name: 'Catalogue' }).waitFor();
    await page.context().close();
  });

  it('goes back to the sign-in with a reason when the key has been revoked', async () => {
    await gateway.send('mutation { createTenant(input: { id: "brief", name: "Brief" }) { id } }');
    const { data } = await gateway.send<{ createApiKey: { secret: string; apiKey: { id: string } } }, object>(
      'mutation { createApiKey(tenantId: "brief", input: { name: "k", role: TENANT_MEMBER }) { secret apiKey { id } } }',
    );
    const { secret, apiKey } = data.createApiKey;
    const { page, signIn, complaints } = await openDashboard(browser, gateway);
    await signIn(secret);
    await expect.poll(() => page.getByText('This tenant has no calls yet').count()).toBe(1);
    await gateway.send(`mutation { revokeApiKey(id: "${apiKey.id}") { id } }`);
    const refused = async () => {
      if (await page.getByLabel('Period').count()) await page.reload();
      return page.getByText('no longer accepts this key').count();
    };
    await expect.poll(refused, { timeout: 10_000, interval: 500 }).toBe(1);
    expect(await page.evaluate(stored)).not.toContain(secret);
    expect(complaints.filter((text) => !text.includes('401 (Unauthorized)'))).toEqual([]);
    await page.context().close();
  });
});
