import { readFile } from 'node:fs/promises';
import { Big } from 'big.js';
import { parse } from 'csv-parse/sync';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInChromium } from '../../support/chromium.ts';
import { superuserKey } from '../../support/gateway.ts';
import { costOf, ranked, startDemoGateway, type CountedCall, type DemoGateway } from './demo-gateway.ts';
import { expectAccessible, openDashboard, type OpenDashboard } from './open-dashboard.ts';

const monthIn = (instant: Date) => instant.toLocaleDateString('en-CA', { timeZone: 'Europe/Berlin' }).slice(0, 7);

function monthBefore(month: string): string {
  const date = new Date(`${month}-01T00:00:00Z`);
  date.setUTCMonth(date.getUTCMonth() - 1);
  return date.toISOString().slice(0, 7);
}

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

describeInChromium('statements in the dashboard', (launch) => {
  let demo: DemoGateway;
  let browser: Browser;
  let dashboard: OpenDashboard;
  let page: Page;
  /** Of the running month. */
  let calls: CountedCall[];
  const month = monthIn(new Date());
  // Of two months ago, where the demo has no calls of the tests whatever day it is.
  const ended = monthBefore(monthBefore(month));

  const record = async (requestId: string, costUsd: string, model = 'gpt-5') => {
    const { errors } = await demo.gateway.send(
      'mutation ($input: RecordUsageInput!) { recordUsage(input: $input) { outcome } }',
      {
        input: {
          tenantId: 'acme',
          requestId,
          occurredAt: `${ended}-15T10:00:00Z`,
          provider: 'openai',
          model,
          inputTokens: 10,
          outputTokens: 1,
          costUsd,
        },
      },
    );
    expect(errors).toEqual([]);
  };
  const fact = (name: string) => page.locator('.facts dt', { hasText: name }).locator('+ dd');
  const total = () => fact('Total').locator('data').getAttribute('value');

  beforeAll(async () => {
    demo = await startDemoGateway();
    await record('ended-1', '0.125');
    await record('ended-2', '0.000000000000000001', 'gpt-5-mini');
    calls = demo.callsOf(15, 0).filter(({ occurredAt }) => monthIn(new Date(occurredAt)) === month);
    browser = await launch();
    dashboard = await openDashboard(browser, demo.gateway);
    ({ page } = dashboard);
    await dashboard.signIn(superuserKey);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await demo?.gateway.close();
  });

  const stated = (of: readonly CountedCall[]) => [
    String(of.length),
    String(of.reduce((sum, { totalTokens }) => sum + totalTokens, 0)),
    String(of.filter(({ costUsd }) => costUsd === null).length),
    costOf(of),
  ];

  it('show the running month by model, agent and tag, each with the same total', async () => {
    await dashboard.open('statement?tenant=acme');
    const rows = (await rowsOf(page, 'By model')).map(([, ...others]) => others);
    expect(rows).toEqual([
      ...ranked(calls, ({ model }) => model).map(([model, of]) => [model, ...stated(of)]),
      ['', ...stated(calls)],
    ]);
    expect(await total()).toBe(costOf(calls));

    await page.getByRole('combobox', { name: 'By', exact: true }).selectOption('Tag team');
    await dashboard.settled();
    await expect
      .poll(() => rowsOf(page, 'By tag team'))
      .toEqual([
        ...ranked(calls, ({ tags }) => tags['team'] ?? 'none').map(([team, of]) => [team, ...stated(of)]),
        ['Total', ...stated(calls)],
      ]);
    await page.getByRole('combobox', { name: 'By', exact: true }).selectOption('Agent');
    await dashboard.settled();
    await expect
      .poll(async () => (await rowsOf(page, 'By agent')).map(([, ...numbers]) => numbers))
      .toEqual([...ranked(calls, ({ agentId }) => agentId).map(([, of]) => stated(of)), stated(calls)]);
  });

  it('show all tenants to who reads the platform', async () => {
    await page.getByRole('combobox', { name: 'Of', exact: true }).selectOption('All tenants');
    await page.getByRole('combobox', { name: 'By', exact: true }).selectOption('Tenant');
    await dashboard.settled();
    const [fromDate, toDate] = [`${month}-01`, monthAfterDate(month)];
    const { data } = await demo.gateway.send<Everybody, object>(
      `{ allUsage(fromDate: "${fromDate}", toDate: "${toDate}") {
        total { totalCostUsd } tenants { edges { node { tenant { id } stats { totalCalls totalCostUsd } } } } } }`,
    );
    const expected = data.allUsage.tenants.edges
      .filter(({ node }) => node.stats.totalCalls > 0)
      .map(({ node }) => [node.tenant.id, node.stats.totalCostUsd])
      .toSorted(([, a = '0'], [, b = '0']) => new Big(b).cmp(a));
    await expect
      .poll(async () => (await rowsOf(page, 'By tenant')).map((row) => [row[0], row.at(-1)]))
      .toEqual([...expected, ['Total', data.allUsage.total.totalCostUsd]]);
  });

  it('close a month that has ended, once it is confirmed', async () => {
    await dashboard.open('statement?tenant=acme');
    expect(await page.getByRole('button', { name: 'Close this month' }).count()).toBe(0);
    await dashboard.open(`statement?tenant=acme&month=${ended}`);
    expect(await total()).toBe('0.125000000000000001');
    await page.getByRole('button', { name: 'Close this month' }).click();
    await expectAccessible(page);
    await page.getByRole('dialog').getByRole('button', { name: 'Close the month' }).click();
    await page.getByText(/Closed on/).waitFor();
    expect(await page.getByRole('button', { name: 'Close this month' }).count()).toBe(0);
  });

  it('show what changed of a closed month in the running one, and add up as CSV', async () => {
    await record('late', '0.5');
    await dashboard.open(`statement?tenant=acme`);
    const name = new Intl.DateTimeFormat('en-US', { year: 'numeric', month: 'long', timeZone: 'UTC' }).format(
      new Date(`${ended}-01`),
    );
    expect((await rowsOf(page, 'Adjustments')).map((row) => row.slice(0, 6))).toEqual([
      [name, 'openai', 'gpt-5', 'late calls', '1', '0.5'],
    ]);
    const sum = new Big(costOf(calls)).plus('0.5').toFixed();
    expect(await fact('Adjustments').locator('data').getAttribute('value')).toBe('0.5');
    expect(await total()).toBe(sum);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download as CSV' }).click(),
    ]);
    const [header, ...lines]: string[][] = parse(await readFile(await download.path()));
    expect(header?.at(-1)).toBe('Cost in USD');
    expect(lines.reduce((usd, line) => usd.plus(line.at(-1) ?? 0), new Big(0)).toFixed()).toBe(sum);
    await dashboard.open(`statement?tenant=acme&month=${ended}`);
    expect(await total()).toBe('0.125000000000000001');
  });

  it('are printed without what is for the screen alone', async () => {
    await page.emulateMedia({ media: 'print' });
    for (const hidden of [page.getByRole('navigation'), page.getByRole('banner'), page.getByLabel('Month')])
      expect(await hidden.isVisible()).toBe(false);
    expect(await page.getByRole('table', { name: 'By model' }).isVisible()).toBe(true);
    await page.emulateMedia({ media: 'screen' });
  });

  it('are read by a member, who cannot close them', async () => {
    const { data } = await demo.gateway.send<{ createApiKey: { secret: string } }, object>(
      'mutation { createApiKey(tenantId: "acme", input: { name: "m", role: TENANT_MEMBER }) { secret } }',
    );
    const other = await openDashboard(browser, demo.gateway);
    await other.signIn(data.createApiKey.secret);
    await other.open(`statement?month=${monthBefore(ended)}`);
    expect(await other.page.getByText('The month has no calls.').count()).toBe(1);
    expect(await other.page.getByRole('button', { name: /Close/ }).count()).toBe(0);
    expect(await other.page.getByRole('combobox', { name: 'Of', exact: true }).count()).toBe(0);
    expect(other.complaints).toEqual([]);
    await other.page.context().close();
  });

  it('leave the browser nothing to complain about', () => {
    expect(dashboard.complaints).toEqual([]);
  });
});

interface Everybody {
  allUsage: {
    total: { totalCostUsd: string };
    tenants: { edges: { node: { tenant: { id: string }; stats: { totalCalls: number; totalCostUsd: string } } }[] };
  };
}

function monthAfterDate(month: string): string {
  const date = new Date(`${month}-01T00:00:00Z`);
  date.setUTCMonth(date.getUTCMonth() + 1);
  return date.toISOString().slice(0, 10);
}
