import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInChromium } from '../../support/chromium.ts';
import { superuserKey } from '../../support/gateway.ts';
import { costOf, ranked, startDemoGateway, type CountedCall, type DemoGateway } from './demo-gateway.ts';
import { openDashboard, type OpenDashboard } from './open-dashboard.ts';

/** The exact values in a table's rows: what `data` elements carry, and the text of the other cells. */
const rowsOf = (page: Page, name: string): Promise<string[][]> =>
  page
    .getByRole('table', { name, exact: true })
    .locator('tbody tr')
    .evaluateAll((rows) =>
      rows.map((row) =>
        [...row.querySelectorAll('td')].map((cell) => cell.querySelector('data')?.value ?? cell.textContent ?? ''),
      ),
    );

describeInChromium('reports of the dashboard', (launch) => {
  let demo: DemoGateway;
  let browser: Browser;
  let dashboard: OpenDashboard;
  let page: Page;
  let week: CountedCall[];
  beforeAll(async () => {
    demo = await startDemoGateway();
    browser = await launch();
    dashboard = await openDashboard(browser, demo.gateway);
    ({ page } = dashboard);
    await dashboard.signIn(superuserKey);
    week = demo.callsOf(6, 0);
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await demo.gateway.close();
  });

  it('show totals beside those of the period before', async () => {
    await dashboard.open('overview?tenant=acme&period=LAST_7_DAYS');
    const tiles = await page
      .locator('.tiles > div')
      .evaluateAll((all) =>
        all.map((tile) => [
          tile.querySelector('dt')?.textContent,
          ...[...tile.querySelectorAll('data')].map(({ value }) => value),
        ]),
      );
    const before = demo.callsOf(13, 7);
    // The period before ends where this one begins and is as long, so today is not yet a whole day in either.
    const counts = (calls: readonly CountedCall[]) => ({
      calls: String(calls.length),
      tokens: String(calls.reduce((sum, { totalTokens }) => sum + totalTokens, 0)),
    });
    expect(before.length).toBeGreaterThan(100);
    expect(tiles.map(([name, now]) => [name, now]).slice(0, 4)).toEqual([
      ['Cost', costOf(week)],
      ['Calls', counts(week).calls],
      ['Tokens', counts(week).tokens],
      ['Error rate', String(week.filter(({ status }) => status === 'FAILED').length / week.length)],
    ]);
    const report = await demo.gateway.send<{ usage: { compare: { totals: { totalCostUsd: string } } } }, object>(
      '{ usage(tenantId: "acme", period: LAST_7_DAYS) { compare(to: PREVIOUS_PERIOD) { totals { totalCostUsd } } } }',
    );
    expect(tiles[0]?.[2]).toBe(report.data.usage.compare.totals.totalCostUsd);
  });

  it('show the cost by model, and who cost most', async () => {
    const models = ranked(week, ({ model }) => model).map(([model, calls]) => [model, costOf(calls)]);
    expect(await rowsOf(page, 'Cost by model')).toEqual(models);

    const names: Record<string, string> = {
      'support-bot': 'Support bot',
      summariser: 'Ticket summariser',
      search: 'Help centre search',
    };
    const agents = ranked(week, ({ agentId }) => agentId);
    expect((await rowsOf(page, 'Top agents')).map(([name, cost, , calls]) => [name, cost, calls])).toEqual(
      agents.map(([id, calls]) => [names[id], costOf(calls), String(calls.length)]),
    );

    const users = ranked(week, ({ userId }) => userId);
    const others = users.slice(5).flatMap(([, calls]) => calls);
    expect((await rowsOf(page, 'Top users')).map(([name, cost, , calls]) => [name, cost, calls])).toEqual([
      ...users.slice(0, 5).map(([id, calls]) => [id, costOf(calls), String(calls.length)]),
      [`${users.length - 5} others`, costOf(others), String(others.length)],
    ]);
    const teams = ranked(week, ({ tags }) => tags['team'] ?? '');
    expect((await rowsOf(page, 'Tag team')).map(([name, cost]) => [name, cost])).toEqual(
      teams.map(([team, calls]) => [team, costOf(calls)]),
    );
  });

  it('show another tenant and period when they are picked', async () => {
    await page.getByLabel('Tenant').selectOption('globex');
    await page.getByLabel('Period').selectOption('LAST_24_HOURS');
    await dashboard.settled();
    expect(page.url()).toContain('tenant=globex&period=LAST_24_HOURS');
    const { data } = await demo.gateway.send<{ usage: { totals: { totalCalls: number } } }, object>(
      '{ usage(tenantId: "globex", period: LAST_24_HOURS) { totals { totalCalls } } }',
    );
    const shown = page.locator('.tiles > div', { hasText: 'Calls' }).locator('data').first();
    await expect.poll(() => shown.getAttribute('value')).toBe(String(data.usage.totals.totalCalls));
  });

  it('explore several dimensions, with all others, shares and the query', async () => {
    await dashboard.open('explore?tenant=acme&period=LAST_7_DAYS&by=tag:team&by=MODEL&measure=calls');
    const groups = [...Map.groupBy(week, ({ tags, model }) => JSON.stringify([tags['team'], model]))].map(
      ([key, calls]) => [...(JSON.parse(key) as string[]), String(calls.length)],
    );
    const rows = await rowsOf(page, 'Calls by group');
    expect(rows).toHaveLength(6);
    const counts = groups.map(([, , count]) => Number(count)).toSorted((a, b) => b - a);
    expect(rows.slice(0, 5).map(([, , count]) => Number(count))).toEqual(counts.slice(0, 5));
    for (const [team, model, count] of rows.slice(0, 5)) expect(groups).toContainEqual([team, model, count]);
    expect(rows[5]?.slice(0, 3)).toEqual([
      `${groups.length - 5} others`,
      '',
      String(counts.slice(5).reduce((sum, count) => sum + count, 0)),
    ]);
    expect(rows[0]?.[3]).toBe(
      new Intl.NumberFormat('en-US', { style: 'percent', maximumFractionDigits: 1 }).format(
        (counts[0] ?? 0) / week.length,
      ),
    );
    await page.getByText('The query that was asked').click();
    const asked = (await page.getByLabel('The query').textContent()) ?? '';
    const variables = JSON.parse((await page.getByLabel('The variables').textContent()) ?? '');
    const { data } = await demo.gateway.send<{ usage: { groups: { groupCount: number } } }, object>(asked, variables);
    expect(data.usage.groups.groupCount).toBe(groups.length);
  });

  it('explore with filters, and keep everything in the address', async () => {
    await dashboard.open('explore?tenant=acme&period=LAST_7_DAYS&by=AGENT');
    await page.getByLabel('Filter by').selectOption('MODEL');
    await page.getByLabel('Value').selectOption('gpt-5-mini');
    await page.getByRole('button', { name: /Model: gpt-5-mini/ }).waitFor();
    await page.getByLabel('Measure').selectOption('Tokens');
    await dashboard.settled();
    const matching = week.filter(({ model }) => model === 'gpt-5-mini');
    const expected = [...Map.groupBy(matching, ({ agentId }) => agentId)].map(([agentId, calls]) => [
      agentId,
      String(calls.reduce((sum, { totalTokens }) => sum + totalTokens, 0)),
    ]);
    const shown = async () => (await rowsOf(page, 'Tokens by group')).map(([agentId, tokens]) => [agentId, tokens]);
    await expect.poll(shown).toEqual(expected);
    await page.reload();
    await dashboard.settled();
    await expect.poll(shown).toEqual(expected);
    await page.goBack();
    await expect.poll(() => page.getByRole('table', { name: 'Cost by group' }).count()).toBe(1);
  });

  it('give what is shown as CSV, with exact numbers', async () => {
    await dashboard.open('explore?tenant=acme&period=LAST_7_DAYS&by=MODEL&view=table');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download as CSV' }).click(),
    ]);
    const [header, ...lines]: string[][] = parse(await readFile(await download.path()));
    expect(header?.slice(0, 3)).toEqual(['Model', 'Cost', 'Share of the cost']);
    expect(header).toHaveLength(3 + 7);
    expect(lines.map(([model, cost]) => [model, cost])).toEqual(
      ranked(week, ({ model }) => model).map(([model, calls]) => [model, costOf(calls)]),
    );
    const today = demo.callsOf(0, 0).filter(({ model }) => model === lines[0]?.[0]);
    expect(lines[0]?.at(-1)).toBe(costOf(today));
  });

  it.each(['bars', 'lines', 'table'])('explore as %s', async (view) => {
    await dashboard.open(`explore?tenant=acme&period=LAST_7_DAYS&by=MODEL&view=${view}`);
    expect(await page.locator('canvas').count()).toBe(view === 'table' ? 0 : 1);
    expect(await page.getByRole('table', { name: 'Cost over time' }).count()).toBe(view === 'table' ? 1 : 0);
  });

  it('list calls in order, and show one in full with why it has no price', async () => {
    await dashboard.open('calls?tenant=acme&period=LAST_7_DAYS&order=COST_DESC');
    const [dearest] = await rowsOf(page, 'Calls');
    const highest = week.reduce((most, call) => (Number(call.costUsd) > Number(most.costUsd) ? call : most));
    expect(dearest?.[6]).toBe(highest.costUsd);

    await dashboard.open('calls?tenant=acme&period=LAST_7_DAYS&filter=COST_SOURCE%3DUNPRICED');
    const unpriced = week.filter(({ costUsd }) => costUsd === null);
    expect(unpriced.length).toBeGreaterThan(0);
    expect(await rowsOf(page, 'Calls')).toHaveLength(Math.min(unpriced.length, 50));
    await page.locator('tbody a').first().click();
    await page.getByText('Why it has no price').waitFor();
    await page.getByRole('heading', { name: `Call ${unpriced[0]?.requestId}` }).waitFor();
  });

  it('write numbers, money and dates as the reader does', async () => {
    const german = await openDashboard(browser, demo.gateway, { locale: 'de-DE' });
    await german.signIn(superuserKey);
    await german.open('overview?tenant=acme&period=LAST_7_DAYS');
    const cost = german.page.locator('.tiles > div', { hasText: 'Cost' }).locator('data').first();
    expect(await cost.textContent()).toBe(
      new Intl.NumberFormat('de-DE', { style: 'currency', currency: 'USD' }).format(Number(costOf(week))),
    );
    await german.page.context().close();
  });

  it('leave the browser nothing to complain about, and ask nobody but the gateway', () => {
    expect(dashboard.complaints).toEqual([]);
    const own = new RegExp(`^(blob:|data:|${demo.gateway.url}/)`);
    expect(dashboard.requested.filter((url) => !own.test(url))).toEqual([]);
  });
});
