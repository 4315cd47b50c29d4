import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { describeInChromium } from '../support/chromium.ts';
import { startTestGateway, superuserKey, type TestGateway } from '../support/gateway.ts';

const names = ['UsageByDay', 'CostByModel', 'Compare', 'Budgets', 'Live', 'AllUsage', 'Record'];

const tabsOf = (page: Page) =>
  page
    .getByRole('tab')
    .getByRole('button', { name: /^(?!Close)/ })
    .allTextContents();
const isThere = (page: Page) => page.getByRole('region', { name: 'Operation Editor' }).waitFor();
/** Editors show a window of their text, with blanks that are none. */
const textOf = async (page: Page, region: string) =>
  (await page.getByRole('region', { name: region }).textContent())?.replaceAll('\u00A0', ' ') ?? '';
const run = (page: Page) => page.getByRole('button', { name: /Execute/ }).click();

async function expectResponse(page: Page, text: string): Promise<void> {
  const shown = async () => {
    const result = await textOf(page, 'Result Window');
    // For a moment after a change of tabs GraphiQL looks for the operation of the last one.
    if (result.includes('Cannot infer operation')) await run(page);
    return result;
  };
  await expect.poll(shown, { timeout: 10_000 }).toContain(text);
}

describeInChromium('GraphiQL in a browser', (launch) => {
  let gateway: TestGateway;
  let browser: Browser;
  let page: Page;
  const requested: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    gateway = await startTestGateway('embedded');
    browser = await launch();
    const context = await browser.newContext();
    context.on('request', (request) => requested.push(request.url()));
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    await page.goto(`${gateway.url}/graphql`);
    await isThere(page);
  });
  afterAll(async () => {
    await browser.close();
    await gateway.close();
  });

  const openTab = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const stored = (place = 'localStorage, sessionStorage, document.cookie, location.href') =>
    page.evaluate(`JSON.stringify([${place}])`);

  it('shows an example in each tab, of which the first reads', async () => {
    expect(await tabsOf(page)).toEqual(names);
    await expect.poll(() => textOf(page, 'Operation Editor')).toContain('query UsageByDay');
  });

  it('shows the documentation before there is a key', async () => {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await page.getByRole('link', { name: 'UsageReport', exact: true }).click();
    await expect.poll(() => page.getByText("One tenant's usage in a window.").count()).toBe(1);
    await page.getByRole('button', { name: 'Hide Documentation Explorer' }).click();
  });

  it('says what is missing before there is a key', async () => {
    await run(page);
    await expectResponse(page, '"UNAUTHENTICATED"');
  });

  it('takes one key for all tabs, and records a call once', async () => {
    await page.getByLabel('API key').fill(superuserKey);
    await page.getByRole('button', { name: 'Use this key' }).click();
    await expect.poll(() => page.getByText('Signed in').count()).toBe(1);
    await openTab('Record');
    await run(page);
    await expectResponse(page, '"RECORDED"');
    await run(page);
    await expectResponse(page, '"DUPLICATE"');
  });

  it.each([
    ['UsageByDay', '"totalCostUsd": "0.00525"'],
    ['CostByModel', '"share": 1'],
    ['Compare', '"compare"'],
    ['Budgets', '"budgets"'],
    ['AllUsage', '"hasNextPage": false'],
  ])('answers the example %s', async (name, text) => {
    await openTab(name);
    await run(page);
    await expectResponse(page, text);
    expect(await textOf(page, 'Result Window')).not.toContain('"errors"');
  });

  it('shows a report that goes on', async () => {
    await openTab('Live');
    await run(page);
    await expectResponse(page, '"totalCalls": 1');
    const record = `mutation { recordUsage(input: { tenantId: "acme", inputTokens: 1, outputTokens: 1 }) { outcome } }`;
    expect((await gateway.send(record)).errors).toEqual([]);
    await expectResponse(page, '"totalCalls": 2');
    await page.getByRole('button', { name: /Stop/ }).click();
  });

  it('keeps a history of what was asked, without the key', async () => {
    await page.getByRole('button', { name: 'Show History' }).click();
    await expect.poll(() => page.locator('.graphiql-history').textContent()).toContain('CostByModel');
    expect(await stored('localStorage')).toContain('CostByModel');
    expect(await stored('localStorage, document.cookie, location.href')).not.toContain(superuserKey);
    await page.getByRole('button', { name: 'Hide History' }).click();
    await page.getByRole('button', { name: /Show GraphiQL Explorer/ }).waitFor();
  });

  it('keeps tabs and key on reload, for this tab of the browser alone', async () => {
    await page.reload();
    await isThere(page);
    expect(await tabsOf(page)).toEqual(names);
    await expect.poll(() => page.getByText('Signed in').count()).toBe(1);
    const another = await page.context().newPage();
    await another.goto(`${gateway.url}/graphql`);
    await another.getByLabel('API key').waitFor();
    await another.close();
  });

  it('forgets the key when it is told to', async () => {
    await page.getByRole('button', { name: 'Forget' }).click();
    await page.getByLabel('API key').waitFor();
    expect(await stored()).not.toContain(superuserKey);
    await run(page);
    await expectResponse(page, '"UNAUTHENTICATED"');
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

describeInChromium('GraphiQL in production', (launch) => {
  let gateway: TestGateway;
  let browser: Browser;
  beforeAll(async () => {
    gateway = await startTestGateway('embedded', { config: { environment: 'production', introspection: false } });
    browser = await launch();
  });
  afterAll(async () => {
    await browser.close();
    await gateway.close();
  });

  const newPage = async () => {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    return context.newPage();
  };

  it('opens for whoever is signed in on the dashboard, in the same tab', async () => {
    const page = await newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${gateway.url}/`);
    await page.getByLabel('API key').fill(superuserKey);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('navigation').getByRole('link', { name: 'GraphiQL' }).click();
    await isThere(page);
    await expect.poll(() => page.getByText('Signed in').count()).toBe(1);
    await page.getByRole('button', { name: 'AllUsage', exact: true }).click();
    await run(page);
    await expectResponse(page, '"hasNextPage": false');
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await page.getByRole('link', { name: 'UsageReport', exact: true }).waitFor();
    await page.reload();
    await isThere(page);
    expect(complaints).toEqual([]);
  });

  it('sends everybody else to the dashboard, and says whose key no longer holds', async () => {
    const page = await newPage();
    const answer = await page.goto(`${gateway.url}/graphql`);
    expect(answer?.status()).toBe(401);
    await expect.poll(() => page.getByRole('status').textContent()).toContain('signed in on the dashboard');
    await page.evaluate("sessionStorage.setItem('usage-gateway.session', JSON.stringify({ key: 'wrong' }))");
    await page.reload();
    await expect.poll(() => page.getByRole('status').textContent()).toContain('no longer holds');
    await page.getByRole('link', { name: 'To the dashboard' }).click();
    await page.waitForURL(`${gateway.url}/`);
  });
});
