import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInChromium } from '../support/chromium.ts';
import { startTestGateway, superuserKey, type TestGateway } from '../support/gateway.ts';

describeInChromium('GraphiQL in a browser', (launch) => {
  let gateway: TestGateway;
  let browser: Browser;
  let page: Page;
  const requested: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    gateway = await startTestGateway('embedded');
    browser = await launch();
    const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
    context.on('request', (request) => requested.push(request.url()));
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    await page.goto(`${gateway.url}/graphql`);
    await page.getByRole('region', { name: 'Headers' }).waitFor();
  });
  afterAll(async () => {
    await browser.close();
    await gateway.close();
  });

  const tabs = () =>
    page
      .getByRole('tab')
      .getByRole('button', { name: /^(?!Close)/ })
      .allTextContents();
  /** Editors show a window of their text, with blanks that are none. */
  const textOf = async (region: string) =>
    (await page.getByRole('region', { name: region }).textContent())?.replaceAll('\u00A0', ' ') ?? '';
  const run = () => page.getByRole('button', { name: /Execute/ }).click();
  const expectResponse = async (text: string) => {
    const shown = async () => {
      const result = await textOf('Result Window');
      // For a moment after a change of tabs GraphiQL looks for the operation of the last one.
      if (result.includes('Cannot infer operation')) await run();
      return result;
    };
    await expect.poll(shown, { timeout: 10_000 }).toContain(text);
  };
  const openTab = (name: string) => page.getByRole('button', { name, exact: true }).click();

  it('shows an example in each of four tabs, and where the key goes', async () => {
    expect(await tabs()).toEqual(['Record', 'UsageByDay', 'Live', 'AllUsage']);
    await expect.poll(() => textOf('Operation Editor')).toContain('mutation Record');
    await expect.poll(() => textOf('Headers')).toContain('"Authorization": "Bearer <your API key>"');
  });

  it('shows the documentation before there is a key', async () => {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await page.getByRole('link', { name: 'UsageReport', exact: true }).click();
    await expect.poll(() => page.getByText("One tenant's usage in a window.").count()).toBe(1);
    await page.getByRole('button', { name: 'Hide Documentation Explorer' }).click();
  });

  it('says what is missing before there is a key', async () => {
    await run();
    await expectResponse('"UNAUTHENTICATED"');
  });

  it('records a call with the key in the headers editor, and knows it the second time', async () => {
    await page.getByRole('region', { name: 'Headers' }).locator('.monaco-editor:visible').click();
    await page.keyboard.press('ControlOrMeta+A');
    // Pasted, as typing would close every bracket once more.
    const headers = JSON.stringify({ Authorization: `Bearer ${superuserKey}` });
    await page.evaluate((text) => navigator.clipboard.writeText(text), headers);
    await page.keyboard.press('ControlOrMeta+V');
    await run();
    await expectResponse('"RECORDED"');
    await run();
    await expectResponse('"DUPLICATE"');
  });

  it('shows a report that goes on', async () => {
    await openTab('Live');
    await run();
    await expectResponse('"totalCalls": 1');
    const record = `mutation { recordUsage(input: { tenantId: "acme", inputTokens: 1, outputTokens: 1 }) { outcome } }`;
    expect((await gateway.send(record)).errors).toEqual([]);
    await expectResponse('"totalCalls": 2');
    await page.getByRole('button', { name: /Stop/ }).click();
  });

  it('shows the usage by day and of all tenants with the key of the first tab', async () => {
    await openTab('UsageByDay');
    await run();
    await expectResponse('"totalCostUsd": "0.00525"');
    await openTab('AllUsage');
    await run();
    await expectResponse('"hasNextPage": false');
  });

  it('forgets the key and keeps its tabs on reload', async () => {
    const stored = () =>
      page.evaluate(() => JSON.stringify([localStorage, sessionStorage, document.cookie, location.href]));
    await expect.poll(stored).toContain('UsageByDay');
    expect(await stored()).not.toContain(superuserKey);
    await page.reload();
    await page.getByRole('region', { name: 'Headers' }).waitFor();
    expect(await tabs()).toEqual(['Record', 'UsageByDay', 'Live', 'AllUsage']);
    expect(await stored()).not.toContain(superuserKey);
    await expect.poll(() => textOf('Headers')).toContain('"Bearer <your API key>"');
    await run();
    await expectResponse('"UNAUTHENTICATED"');
  });

  it('asks nobody but the gateway', () => {
    expect(requested.length).toBeGreaterThan(5);
    expect(
      requested.filter((url) => !url.startsWith(`${gateway.url}/`) && !url.startsWith(`blob:${gateway.url}/`)),
    ).toEqual([]);
  });

  it('has nothing to complain about but the missing key', () => {
    expect(complaints.filter((text) => !text.includes('401 (Unauthorized)'))).toEqual([]);
  });
});
